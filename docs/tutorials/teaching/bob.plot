# The alarm that is conditioned on is drawn a second time for the second question.
burglar = flip(0.1)
earthquake = flip(0.2)
condition(flip(0.9) if burglar else flip(0.05))
condition(flip(0.9) if earthquake else flip(0.05))
query(burglar)
query(earthquake)
