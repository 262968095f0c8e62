"""Programs as people write them: whole models that must pass without a word, and round trip."""

from __future__ import annotations

import pytest

from plot.language import check, parse, show

TUG_OF_WAR = '''
@mem
def strength(player):
    """How strongly a player pulls."""
    return normal(50, 20)

@mem
def laziness(player):
    return uniform(0, 1)

@mem
def lazy(player, match):
    return flip(laziness(player))

def team_strength(team, match):
    return sum(strength(p) / 2 if lazy(p, match) else strength(p) for p in team)

def won_against(team1, team2, match):
    return team_strength(team1, match) > team_strength(team2, match)

players = ["tom", "john", "mary", "sue"]
faculty_team = ["tom", "mary"]

def champion(x):
    return strength(x) > 80

reading_1 = categorical([0.6, 0.4])
if reading_1 == 0:
    condition(won_against(["tom"], ["john"], 1))
elif reading_1 == 1:
    condition(strength("tom") > strength("john"))
condition(won_against(["john", "mary"], ["tom", "sue"], 2))
condition(count(lambda p: strength(p) > strength("john"), players) >= 2)
condition(not any(strength(p) > strength("sue") for p in players if p != "sue"))
condition(strength("mary") > min([strength(p) for p in faculty_team]))
condition(lazy("tom", 1) and all([lazy(p, 2) for p in players]))
query(argmax(strength, players))
query([p for p in players if champion(p)])
query(first(sorted(players, key=strength, reverse=True)))
'''

FAMILY = """
def family(depth):
    gender = choice(["male", "female"])
    if not flip(0.5) or depth > 2:
        return {"gender": gender, "partner": None, "children": [], "depth": depth}
    n = min(geometric(0.5), 3) if depth < 2 else 0
    children = [family(depth + 1) for _ in range(n)]
    partner = {"gender": choice(["male", "female"]), "partner": None, "children": children, "depth": depth}
    return {"gender": gender, "partner": partner, "children": children, "depth": depth}

def people(tree):
    found = [tree]
    if tree.partner is not None:
        found = found + [tree.partner]
    for child in tree.children:
        found += people(child)
    return found

def size(tree):
    return len(people(tree))

tree = family(0)
names = shuffle(["avery", "blake", "charlie", "dana"])
used = 0
named = []
for i, person in enumerate(people(tree)):
    left = len(names) - used
    if left > 0 and flip(min(1, left / (size(tree) - i))):
        named = named + [{"name": names[used], "who": person}]
        used += 1

def find(name):
    for entry in named:
        if entry.name == name:
            return entry.who
    return None

def mother(child, parent):
    a, b = find(child), find(parent)
    if a is None or b is None:
        return False
    return b.gender == "female" and a in b.children

condition(mother("avery", "blake"))
condition(find("dana") is not None)
query(mother("charlie", "blake"))
query(size(tree))
"""

SCENES = """
n = floor(min(12, 12 * exponential(1)))

def thing():
    return {"shape": choice(["mug", "can", "bowl"]), "colour": choice(["red", "blue"]), "x": uniform(0, 1)}

objects = [thing() for _ in range(n)]

def having(shape, colour):
    return [o for o in objects if o.shape == shape and (colour is None or o.colour == colour)]

def left_of(a, b):
    return a.x < b.x

condition(len(having("mug", "red")) >= 1)
condition(len(having("can", None)) == 2)
condition(any(left_of(a, b) for a in having("mug", None) for b in having("can", None)))
query(len([o for o in objects if o["colour"] == "red"]))
"""

PHYSICS = """
@mem
def mass(thing):
    return abs(normal(5, 3))

@mem
def kind(pair):
    return choice(["ball", "block"])

g = 9.8
friction = {"ball": 0.01, "block": 0.05}

def slow(thing, force):
    mu = friction.ball if kind(["red", "blue"]) == "ball" else friction["block"]
    a = force / mass(thing) - mu * g
    if a <= 0:
        return 0
    v, d = 0, 0.0
    for step in range(10):
        v = v + a * 0.1
        d += v * 0.1
        if d > 3:
            break
    return sqrt(max(0, v ** 2)) if d > 0 else -0.0

force = half_normal(3)
observe(normal(slow("red", force), 0.1), 1.5)
condition(0 < slow("blue", force) <= 20)
query({"velocity": slow("red", force), "mass": round(mass("red"), 1)})
"""

FUNCTIONS = """
def compose(f, g):
    return lambda x: f(g(x))

def repeat(f, n):
    def go(x):
        result = x
        for _ in range(n):
            result = f(result)
        return result
    return go

def power_law(n, base=2, offset=None):
    if n == 0:
        return 1
    return base * power_law(n - 1, base=base) + (0 if offset is None else offset)

double = lambda x: 2 * x
quadruple = compose(double, double)
pairs = zip(["a", "b"], [1, 2])
for name, value in pairs:
    condition(normal(value, 1) > quadruple(value) - 10)
(a, b), c = [[1, 2], 3]
table = concat([[1, 2], [3]]) + distinct([1, 1, 2])[1:]
best = argmin(lambda p: p[1], pairs)[0]
query(repeat(double, poisson(2))(a) + power_law(b, offset=c) + last(table) + mean(table))
query(best in ["a"] and not (best is None))
"""

INTERVENTION = """
@mem
def infected(person):
    return flip(0.2 if season == "summer" else 0.4)

@mem
def fever(person):
    return flip(0.9) if infected(person) else flip(0.05)

season = categorical([0.3, 0.7], values=["summer", "winter"])
observe(flip(0.8 if fever("ann") else 0.1), True)
do(infected("bob"), True)
do(season, "summer")
query(fever("bob"))
query(season)
"""

SMALL = [
    "",
    "x = 1\n",
    "pass\n",
    "x = flip()\nquery(x)\n",
    "x = normal(0, 1) if flip() else None\nquery(0 if x is None else x + 1)\n",
    "xs = [choice([1, 2]) for _ in range(poisson(3))]\nquery(xs[0] if len(xs) > 0 else None)\n",
    "def f():\n    '''Only a docstring.'''\n\nf()\n",
    "def f(x):\n    if x:\n        return\n    condition(flip())\n\nf(flip())\n",
    "@mem\ndef f():\n    return flip()\n\nquery(f())\n",
    "x = 1; y = 2\nquery(x + y + flip())\n",
    "x = (1 +\n     2)\nquery(x * \\\n  flip())\n",
    "if flip(): x = 1\nelse: x = 2\nquery(x)\n",
    "query('single' == 'quotes' or flip())\n",
    "for x in []:\n    pass\n",
    ("best = None\nfor x in [1, 2]:\n    if best is None or x > best:\n        best = x + flip()\nquery(best)\n"),
    (
        "state = 'start'\nfor i in range(3):\n"
        "    state = 'a' if state == 'start' else choice(['a', 'b'])\nquery(state)\n"
    ),
    (
        "def is_even(n):\n    return True if n == 0 else is_odd(n - 1)\n\ndef is_odd(n):\n"
        "    return False if n == 0 else is_even(n - 1)\n\nquery(is_even(poisson(3)))\n"
    ),
]


@pytest.mark.parametrize("text", [TUG_OF_WAR, FAMILY, SCENES, PHYSICS, FUNCTIONS, INTERVENTION, *SMALL])
def test_nothing_is_said_of_a_right_program(text: str) -> None:
    program = parse(text)
    check(program)
    again = parse(show(program))
    assert again == program
    check(again)
