"""Commands about what is installed."""

from __future__ import annotations

from journeyqual.cli.common import AsJson, Debug, answering, app


@app.command()
def doctor(debug: Debug = False, as_json: AsJson = False) -> None:
    """Say what is installed, which models, and whether they are intact."""
    with answering(debug, as_json) as summary:
        from journeyqual import doctor as checks

        found = checks.examine()
        width = max(len(row.what) for row in found)
        summary["checks"] = [row.as_dict() for row in found]
        summary["lines"] = [
            f"{'ok     ' if row.ok else 'MISSING'} {row.what:<{width}}  {row.detail}"
            for row in found
        ]
        summary["refused"] = [f"{r.what}: {r.remedy}" for r in found if not r.ok and r.needed]
