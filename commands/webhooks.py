"""Webhooks: which systems of the intranet are told, a test, and delivering without the server."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from commands._base import Context, either, pass_context

if TYPE_CHECKING:
    from store.hooks import Delivery


@click.group()
def webhooks() -> None:
    """Webhooks 事件推送: tell configured intranet systems of publications and new violations.

    \b
    Examples:
      python app.py webhooks secret
      python app.py webhooks list
      python app.py webhooks test screen
      python app.py webhooks deliver
    """


@webhooks.command("list")
@pass_context
def list_(context: Context) -> None:
    """List the addresses, what is wrong with them, and the last deliveries."""
    from services.webhooks import faults, hooks_page

    store = context.store()
    page, wrong = hooks_page(store), faults(store)
    for hook in page.hooks:
        context.say(f"{hook.name}  {hook.shown}  {' '.join(hook.events)}")
    if not page.hooks:
        context.say(f"尚未配置（{page.file}）。", f"None is configured ({page.file}).")
    for one in page.deliveries[:20]:
        context.say(_told(one))
    for fault in wrong:
        click.echo(f"✗ {fault}", err=True)
    if wrong:
        sys.exit(1)


def _told(one: Delivery) -> str:
    from services.webhooks import OUTCOMES, STATES

    state, outcome = either(*STATES[one.state]), either(*OUTCOMES.get(one.outcome, (one.outcome, one.outcome)))
    return f"{one.id:>6}  {one.at.isoformat()[:19]}Z  {one.hook}  {one.type}  {state}  {outcome} {one.status or ''}".rstrip()


@webhooks.command()
@pass_context
def secret(context: Context) -> None:
    """Make a secret to write into the configuration and to give to the receiver."""
    from services.webhooks import new_secret

    context.say(new_secret())


@webhooks.command()
@click.argument("name", required=False)
@pass_context
def test(context: Context, name: str | None) -> None:
    """Send a ping to one configured address, or to all, and tell what came back."""
    from services.webhooks import Postman, hooks_page, send_test
    from store.hooks import of_number

    store = context.store()
    names = [name] if name else [hook.name for hook in hooks_page(store).hooks]
    numbers = [send_test(store, one, "local") for one in names]
    Postman(store, context.region()).round()
    with store.read() as connection:
        found = [of_number(connection, number) for number in numbers]
    for one in found:
        if one is not None:
            context.say(_told(one))
    if not found:
        context.say("尚未配置地址。", "No address is configured.")
    if not found or any(one is None or one.state != "done" for one in found):
        sys.exit(1)


@webhooks.command()
@pass_context
def deliver(context: Context) -> None:
    """Send what waits now; what a timer runs where no server does."""
    from services.webhooks import Postman

    done = Postman(context.store(), context.region()).round()
    if done.busy:
        context.say("另一进程正在发送。", "Another process is delivering.")
        return
    context.say(f"已送达 {done.sent} 条，未成 {done.failed} 条。", f"Delivered {done.sent}, failed {done.failed}.")
    if done.failed:
        sys.exit(1)
