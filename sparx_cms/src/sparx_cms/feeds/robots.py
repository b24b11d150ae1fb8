"""What robots may look at."""

from __future__ import annotations

from sparx_cms.models.sites import Site
from sparx_cms.redirects.paths import as_location


def robots(site: Site) -> bytes:
    """``robots.txt`` of a site, with the address of its sitemap."""
    if not site.indexed:
        return b"User-agent: *\nDisallow: /\n"
    lines = ["User-agent: *"]
    lines += [f"Disallow: {as_location(path)}" for path in site.disallowed] or ["Disallow:"]
    lines += ["", f"Sitemap: https://{site.host}/sitemap.xml", ""]
    return "\n".join(lines).encode("ascii")
