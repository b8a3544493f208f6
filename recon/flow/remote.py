"""Files on object storage: copied here by Spark for as long as they are read, and told under their own names.

Every format is read, and has the same fingerprint, as if the file had been named in a folder.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from recon.flow.cluster import Cluster
from recon.flow.gather import Gathered
from recon.model import Kind, Reading, Statement
from recon.problems import Problem, ReconError

Places = Sequence[tuple[Kind, Sequence[str]]]


def is_remote(name: str) -> bool:
    """Whether a name has a scheme: `s3a://bucket/night/`, `hdfs://...`."""
    return "://" in name


def gathered(places: Places, cluster: Cluster | None, read: Callable[[Places], Gathered]) -> Gathered:
    """What `read` makes of the places, of which some names may be those of object storage.

    Raises:
        ReconError: as `read`; `cluster-needed` for such a name without a cluster; `file-unreadable` if Spark can't
            read it.
    """
    far = [name for _kind, names in places for name in names if is_remote(name)]
    if not far:
        return read(places)
    if cluster is None:
        hint = "say --cluster, as docs/cluster.md tells; or copy the files into a folder"
        what = "files on object storage are read by Spark, and no cluster is named"
        raise ReconError([Problem("cluster-needed", name, what, hint) for name in far])
    with tempfile.TemporaryDirectory(prefix="recon-") as folder:
        copies = _Copies(Path(folder).resolve(), cluster)
        try:
            return copies.called(read([(kind, copies.of(names)) for kind, names in places]))
        except ReconError as error:
            raise ReconError(copies.problems(error.problems), error.exit_code) from error


@dataclass
class _Copies:
    """A folder with copies, and what the files in it are really called: `FOLDER/s3a/` stands for `s3a://`."""

    folder: Path
    cluster: Cluster
    names: dict[str, str] = field(default_factory=dict)

    def of(self, names: Sequence[str]) -> list[str]:
        """Names that can be read here; one that stands for no file is the name of none here, too."""
        near: list[str] = []
        for name in names:
            if not is_remote(name):
                near.append(name)
                continue
            copied = [self._written(uri, content) for uri, content in self.cluster.files(name)]
            near += sorted(copied) or [str(self._place(name))]
        return near

    def _written(self, uri: str, content: bytes) -> str:
        place = self._place(uri)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        except OSError as error:
            what = f"it can't be copied to this computer: {error.strerror or 'the system refuses'}"
            raise ReconError(
                Problem("file-unreadable", uri, what, "make room in the temporary folder")
            ) from error
        return str(place)

    def _place(self, uri: str) -> Path:
        scheme, _, rest = uri.partition(":")
        path = rest.lstrip("/")
        place = (self.folder / scheme / path).resolve()
        if not place.is_relative_to(self.folder / scheme):
            raise ReconError(
                Problem("file-unreadable", uri, "its name leads elsewhere", "give it another name")
            )
        self.names[f"{(self.folder / scheme).as_posix()}/"] = uri[: len(uri) - len(path)]
        return place

    def called(self, made: Gathered) -> Gathered:
        """All that was read, under the files' own names."""
        return replace(
            made,
            readings=tuple(self._reading(one) for one in made.readings),
            frames={kind: self._rows(frame) for kind, frame in made.frames.items()},
            left_out=self._sources(made.left_out),
            problems=self.problems(made.problems),
            unread=tuple(map(self._own, made.unread)),
        )

    def problems(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """Problems, told of the files as they are called."""
        return tuple(replace(one, where=self._own(one.where), what=self._own(one.what)) for one in problems)

    def _reading(self, one: Reading) -> Reading:
        return replace(
            one,
            path=self._own(one.path),
            table=self._rows(one.table),
            statements=self._sources(one.statements),
            problems=self.problems(one.problems),
        )

    def _sources(self, statements: Iterable[Statement]) -> tuple[Statement, ...]:
        return tuple(replace(one, source=self._own(one.source)) for one in statements)

    def _rows(self, frame: pl.DataFrame) -> pl.DataFrame:
        if "source" not in frame.columns:
            return frame
        source = pl.col("source")
        for near, far in self.names.items():
            source = source.str.replace(near, far, literal=True)
        return frame.with_columns(source=source)

    def _own(self, text: str) -> str:
        for near, far in self.names.items():
            text = text.replace(near, far)
        return text
