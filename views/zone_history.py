from views._page import Page


def show(**_):
    return "later"


PAGES = [Page("/zones/<layer>/<path:code>/history", "zone_history", show, "drafts")]
