"""What a client prefers: the Accept and Accept-Language headers, read by their weights (RFC 9110).
Pure."""

from collections.abc import Mapping


def weighted(header: str) -> list[tuple[str, float]]:
    """The items of a header with their weights, heaviest first; an unreadable weight counts as none
    given."""
    items = []
    for part in header.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if name:
            items.append((name, _weight(parameters)))
    return sorted(items, key=lambda item: -item[1])


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 1.0
    return 1.0


def best_of(offered: Mapping[str, str], accept: str) -> str | None:
    """The name of the media type the client likes best; the first when it does not mind; None when
    it wants none of them."""
    wanted = weighted(accept) or [("*/*", 1.0)]
    refused = {name for name, weight in wanted if weight == 0}
    for name, weight in wanted:
        if weight == 0:
            continue
        for short, media_type in offered.items():
            if media_type not in refused and name in (
                media_type,
                media_type.split("/")[0] + "/*",
                "*/*",
            ):
                return short
    return None
