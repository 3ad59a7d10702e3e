"""The interactive documentation of the API, with nothing from another host and no inline script."""

from fastapi import APIRouter, Request, Response

from app.web.paper import HTML, PageRoute, language_of, render

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/docs")
def get_docs(request: Request) -> Response:
    return Response(render("docs.html", language_of(request)), media_type=HTML)
