# Other names, another order, and a function: the same meaning.
def rings(quake, thief):
    if quake or thief:
        return flip(0.9)
    return flip(0.05)

quake = flip(0.2)
thief = flip(0.1)
condition(rings(quake, thief))
query(thief)
query(quake)
