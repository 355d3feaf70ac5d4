from views._page import Page


def show(**_):
    return "later"


PAGES = [Page("/compare", "compare", show, "drafts")]
