"""A line through the errors that people make after a dose of caffeine; how much they scatter is not known either."""
none = normal(10, 10)
per_100_mg = normal(0, 5)
scatter = half_normal(5)

for person in data("caffeine"):
    observe(normal(none + per_100_mg * person.dose / 100, scatter), person.errors)

query(per_100_mg)
query(none + 2 * per_100_mg)
query(per_100_mg < -1)
