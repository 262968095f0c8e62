# Was it a burglar or an earthquake? Run with: plot run examples/alarm.plot
burglary = flip(0.01)
earthquake = flip(0.02)

if burglary and earthquake:
    alarm = flip(0.95)
elif burglary:
    alarm = flip(0.94)
elif earthquake:
    alarm = flip(0.29)
else:
    alarm = flip(0.01)

john_calls = flip(0.9) if alarm else flip(0.05)
mary_calls = flip(0.7) if alarm else flip(0.01)

condition(john_calls)
condition(mary_calls)
query(burglary)
query("burglary" if burglary else "earthquake" if earthquake else "neither")
