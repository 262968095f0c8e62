# A burglar or an earthquake may set off the alarm. It rang: was there a burglar, and was there an earthquake?
burglar = flip(0.1)
earthquake = flip(0.2)
alarm = flip(0.9) if burglar or earthquake else flip(0.05)
condition(alarm)
query(burglar)
query(earthquake)
