"""Without optional libraries: what needs one names its extra, and everything else works.

That of `[physics]` and `[scenes]` stands where these are tested.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIBRARIES = (
    "IPython", "arviz_base", "arviz_plots", "arviz_stats", "dask", "distributed", "marimo", "matplotlib", "mcp",
    "mujoco", "pandas", "PIL", "prompt_toolkit", "pymunk", "uvicorn", "xarray",
)  # fmt: skip
RUN = """
import json, sys
from pathlib import Path

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {libraries!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
from click.testing import CliRunner
from plot import PlotError, World
from plot.cli import main
from plot.ways.notebook import run_cell
from plot.ways.prompt import typed

found = {{}}

def command(name, *args, given=None):
    done = CliRunner().invoke(main, args, input=given)
    unforeseen = done.exception is not None and not isinstance(done.exception, SystemExit)
    found[name] = [done.exit_code, repr(done.exception) if unforeseen else done.stderr]

def call(name, act):
    try:
        act()
        found[name] = [0, ""]
    except PlotError as error:
        found[name] = [1, f"{{error.message}} {{error.hint}}"]
    except Exception as error:
        found[name] = [2, repr(error)]

class Shell:
    user_ns = {{}}

rows = ({{"id": n, "world": "clinic", "questions": ["Does Ann have the flu?"]}} for n in "12")
Path("rows.jsonl").write_text(chr(10).join(map(json.dumps, rows)))
quick = ("--precision", ".05", "-q")
answer = World.load("tugofwar").conversation().ask("How strong is Mary?")
talk = World.load("tugofwar").conversation()
command("cluster: jobs", "batch", "rows.jsonl", "-o", "out.csv", "--jobs", "2", *quick)
command("cluster: cluster", "batch", "rows.jsonl", "-o", "out.csv", "--cluster", "tcp://127.0.0.1:1", *quick)
command("mcp: mcp", "mcp")
command("pictures: graph", "graph", "clinic", "-o", "graph.png")
command("pictures: render", "ask", "tugofwar", "How strong is Mary?", "--render", "out.png", *quick)
call("chat: typed", lambda: next(typed(lambda: "> ", tuple, Path("history"))))
call("notebook: table", answer.to_dataframe)
call("notebook: joint", talk.samples(["How strong is Mary?"], 10).to_dataframe)
call("notebook: magic", lambda: run_cell(Shell, "tugofwar", "Tom beat John."))
call("arviz: posterior", talk.posterior)
command("nothing: ask", "ask", "tugofwar", "How strong is Mary?", *quick)
command("nothing: chat", "chat", "tugofwar", given="Tom beat John.\\n")
command("nothing: batch", "batch", "rows.jsonl", "-o", "out.csv", *quick)
command("nothing: graph", "graph", "clinic")
call("nothing: html", answer._repr_html_)
print(json.dumps(found))
"""


def test_what_is_missing_names_its_extra(tmp_path: Path) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    script = RUN.format(libraries=set(LIBRARIES))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    found = {tuple(name.split(": ")): told for name, told in json.loads(done.stdout.splitlines()[-1]).items()}
    for (extra, what), (code, said) in found.items():
        if extra == "nothing":
            assert code == 0, (what, said)
        else:
            assert code == 1 and f"plot-ppl[{extra}]" in said and "Traceback" not in said, (extra, what, code, said)
    assert {extra for extra, _ in found} - {"nothing"} <= set(extras)
