"""Scores of pupils: schools differ, and a school of few pupils is drawn towards the others."""
overall = normal(50, 20)
between = half_normal(10)
within = half_normal(10)

@mem
def level(school):
    return normal(overall, between)

for pupil in data("schools"):
    observe(normal(level(pupil.school), within), pupil.score)

query(level("hill"))
query(between)
query(level("east") > level("lake"))
