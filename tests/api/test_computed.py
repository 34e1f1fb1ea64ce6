"""What was computed, as the API and the viewer hand it out: as data that a browser runs nothing of."""

import hashlib

from sqlalchemy import event

from research.domain import Observation, Step, Task, Trajectory, now
from research.store.database import Store
from research.store.records import JobRecords
from research.store.tables import FileRow, RunRow
from tests.api.conftest import Start
from tests.api.scripted import Script

CODE = "print('<script>alert(1)</script>')"
FILES = {
    "a.png": ("image/png", b"\x89PNG\r\n\x1a\n."),
    "x.csv": ("text/csv", b"a,b\n"),
    'odd"\n名.html': ("application/octet-stream", b"<script>"),
}


async def computed(store: Store, job_id: str) -> None:
    """A job whose agent ran one program."""
    job = await store.job(job_id)
    records = JobRecords(store, job)
    task = Task(id="t1", role="search", goal="Compute it")
    row = RunRow(
        id="r1",
        job_id=job_id,
        task_id="t1",
        at=now(),
        code=CODE,
        code_sha256=hashlib.sha256(CODE.encode()).hexdigest(),
        inputs=["S1"],
        given={"S1": "It is 4 m."},
        exit_code=0,
        stdout="<script>alert(1)</script>\n",
    )
    kept = [
        FileRow(
            id=f"f{i}",
            job_id=job_id,
            run_id="r1",
            name=name,
            media_type=kind,
            sha256=hashlib.sha256(data).hexdigest(),
            data=data,
        )
        for i, (name, (kind, data)) in enumerate(FILES.items())
    ]
    await records.put_run(row, kept)
    step = Step(
        index=0, tool="shell", arguments={"code": CODE, "inputs": ["S1"]}, observation_id="t1:0"
    )
    await records.put_trajectory(Trajectory(task=task))
    await records.put_step("t1", step, Observation(id="t1:0", text=row.stdout))


async def test_runs_are_listed_and_files_are_data(start: Start, script: Script) -> None:
    service = await start(script.runner)
    job_id, other = await service.finished(), await service.finished()
    await computed(service.store, job_id)
    own = f"/v1/research/{job_id}"
    links = (await service.client.get(own)).json()["links"]
    (run,) = (await service.client.get(links["runs"])).json()["items"]
    assert (run["code"], run["given"], run["exit_code"], len(run["files"])) == (
        CODE,
        {"S1": "It is 4 m."},
        0,
        3,
    )
    for listed in run["files"]:
        answer = await service.client.get(listed["link"])
        kind, data = FILES[listed["name"]]
        assert (answer.content, answer.headers["content-type"].split(";")[0], listed["size"]) == (
            data,
            kind,
            len(data),
        )
        assert answer.headers["content-disposition"].startswith(
            "inline" if kind == "image/png" else "attachment"
        )
        assert (
            answer.headers["x-content-type-options"] == "nosniff"
            and "sandbox" in answer.headers["content-security-policy"]
        )
    for path in (
        f"{own}/runs/r2",
        f"{own}/files/f9",
        f"/v1/research/{other}/runs/r1",
        f"/v1/research/{other}/files/f0",
        "/v1/research/no/runs",
    ):
        answer = await service.client.get(path)
        assert answer.status_code == 404 and answer.json()["code"] in (
            "run_missing",
            "job_not_found",
        )


async def test_a_list_of_files_leaves_their_bytes_where_they_are(
    start: Start, script: Script
) -> None:
    service = await start(script.runner)
    job_id = await service.finished()
    await computed(service.store, job_id)
    asked: list[str] = []
    event.listen(
        service.store.engine.sync_engine,
        "before_cursor_execute",
        lambda *told: asked.append(told[2]),
    )
    for path in (
        f"/v1/research/{job_id}/runs",
        f"/v1/research/{job_id}/runs/r1",
        f"/research/{job_id}/work",
    ):
        assert (await service.client.get(path)).status_code == 200
    listing = [statement for statement in asked if "FROM files" in statement]
    assert len(listing) == 3 and not [
        statement
        for statement in listing
        if "files.data" in statement.replace("length(files.data)", "")
    ]


async def test_the_viewer_shows_programs_and_output_as_text(start: Start, script: Script) -> None:
    service = await start(script.runner)
    job_id = await service.finished()
    await computed(service.store, job_id)
    page = (await service.client.get(f"/research/{job_id}/work")).text
    assert "<script>alert" not in page and page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2
    assert f'src="/v1/research/{job_id}/files/f0"' in page and "/files/f2" not in page
    assert f"/research/{job_id}/work" in (await service.client.get(f"/research/{job_id}")).text
    assert (await service.client.get("/research/no/work")).status_code == 404


async def test_an_agents_list_is_shown_where_a_job_stands(start: Start, script: Script) -> None:
    service = await start(script.runner)
    job_id = await service.finished()
    records = JobRecords(service.store, await service.store.job(job_id))
    await records.emit("agent.started", task_id="t9", role="search", goal="Compute it")
    await records.emit(
        "todo", task_id="t9", items=[{"id": "a", "text": "Read", "status": "pending"}]
    )
    agents = (await service.client.get(f"/v1/research/{job_id}")).json()["progress"]["agents"]
    assert [agent["todo"] for agent in agents if agent["task_id"] == "t9"] == [
        [{"id": "a", "text": "Read", "status": "pending"}]
    ]
