"""The viewer's way to the identity provider and back. Not here: what is proven on it
(`api/guarding/oidc.py`)."""

from fastapi import APIRouter, Request, Response

from api.guarding.oidc import Oidc
from api.routes.given import AccessGiven
from api.viewer.pages import page_language, set_cookie
from api.viewer.render import page
from research.access.sessions import LASTS_BY_PROVIDER

router = APIRouter(include_in_schema=False)


@router.get("/sign-in/oidc")
async def leave(request: Request) -> Response:
    """To the provider."""
    oidc: Oidc = request.app.state.oidc
    return await oidc.leave(request)


@router.get("/sign-in/callback")
async def arrive(request: Request, access: AccessGiven) -> Response:
    """Back from it. A page that goes on by itself, and no redirect: a browser sends a strict cookie
    only where it goes on from a page of ours."""
    oidc: Oidc = request.app.state.oidc
    token = await access.open_session(await oidc.arrive(request), LASTS_BY_PROVIDER)
    response = page("signed_in.html", page_language(request))
    set_cookie(response, token, secure=oidc.is_secure, lasts=LASTS_BY_PROVIDER)
    return response
