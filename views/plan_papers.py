from views._page import Page


def show(**_):
    return "later"


PAGES = [Page("/plan/<int:number>/papers/<kind>", "plan_paper", show, "drafts")]
