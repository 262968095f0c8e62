__all__ = ["Row", "Summary", "answer_all", "answer_file"]

class Row(TypedDict):
    answer: str | None
    distribution: str | None
    error: float | None
    ess: float | None
    estimate: float | None
    high: float | None
    id: str
    key: str
    kind: str | None
    low: float | None
    method: str | None
    number: int
    question: str
    reading: str | None
    reading_probability: float | None
    refused: str | None
    sd: float | None
    seed: int | None
    status: str
    stopped_by: str | None
    world: str

class Summary:
    def __init__(self, answered: int = 0, refused: int = 0, failed: int = 0, kept: int = 0) -> None: ...
    answered: int = ...
    failed: int = ...
    kept: int = ...
    refused: int = ...

def answer_all(vignettes: Iterable[Mapping[str, object]], *, executor: Executor | None = None, seed: int = 0, root: str | Path = '.') -> list[Row]: ...

def answer_file(path: str | Path, out: str | Path | None, *, executor: Executor | None = None, seed: int = 0, defaults: Mapping[str, object] | None = None, root: str | Path | None = None, fresh: bool = False) -> Summary: ...
