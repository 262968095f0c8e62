#!/usr/bin/env bash
# Ten sentences become a world, which is asked on each rung of the ladder of causes, changed, and checked from outside.
#     examples/two_minutes.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
plot=${PLOT:-plot}
python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > garden.txt <<'TEXT'
There are two neighbours, Ann and Bob.
It is summer with a chance of 50%.
Each night it rains with a chance of 30%.
A neighbour is away with a chance of 20%, but 60% if it is summer.
Each night a neighbour waters the garden with a chance of 50%, unless they are away.
A neighbour never waters the garden if it rains.
The garden is wet if it rains or a neighbour waters it.
There are beetles.
A beetle is hungry with a chance of 40%.
A hungry beetle eats the leaves with a chance of 80%, another beetle with a chance of 10%.
TEXT

echo "-- ten sentences become a world"
$plot build garden.txt -o garden.yaml
$plot graph garden.yaml

ask() { $plot ask "$@" --show-code --precision 0.01 | grep -v '█' | sed '/^ *$/d'; }

echo "-- seeing: what was observed is evidence"
ask garden.yaml "Was the first night rainy?" --given "The garden was wet on the first night."
echo "-- doing: an intervention says nothing of its causes"
ask garden.yaml "If we make it summer, is Ann away?"
echo "-- imagining: what happened is kept, one thing is otherwise"
ask garden.yaml "If it had not been summer, would Ann have been away?" --given "Ann is away."

echo "-- one sentence edited: the answer moves"
sed 's/rains with a chance of 30%/rains with a chance of 70%/' garden.txt > wetter.txt
$plot build wetter.txt -o wetter.yaml
ask wetter.yaml "Was the first night rainy?" --given "The garden was wet on the first night."

echo "-- an invented word is refused"
if $plot ask garden.yaml "Was the first night flumpy?"; then exit 1; fi

echo "-- a script without PLoT agrees"
$plot export garden.yaml "Was the first night rainy?" --given "The garden was wet on the first night." -o out.py
$python out.py
