"""Scenes of the world `tabletop` with their pictures, as MuJoCo rendered them."""
