"""What exists: layers and rules."""

from __future__ import annotations

import click

from commands._base import Context, either, pass_context


@click.command()
@click.argument("name", required=False)
@pass_context
def layers(context: Context, name: str | None) -> None:
    """List the layers 图层, or one layer with its columns and words.

    \b
    Examples:
      python app.py layers
      python app.py layers combustion_units
    """
    from services.scope import layer_for, local_principal, visible_layers

    if name is None:
        for layer in visible_layers(local_principal()).values():
            context.say(f"{layer.name:<20} {layer.clause} {layer.title} {layer.title_en}; key {layer.key}, {layer.geometry}")
        return
    layer = layer_for(local_principal(), name)
    context.say(f"{layer.name} {layer.title} {layer.title_en} {layer.clause}")
    for column in layer.columns:
        mark = "*" if column.required else " "
        unit = f" [{column.unit}]" if column.unit else ""
        context.say(f" {mark} {column.name:<20} {column.kind}{unit}  {' / '.join(column.headers)}")
        if column.vocabulary:
            words = "; ".join(f"{word} {'/'.join(synonyms)}" for word, synonyms in column.vocabulary.words.items())
            context.say(f"      {words}")


@click.command()
@click.argument("key", required=False)
@pass_context
def rules(context: Context, key: str | None) -> None:
    """List the rules 规则, or one rule with its wording and parameters.

    \b
    Examples:
      python app.py rules
      python app.py rules R11-NBZ
    """
    from rules._find import load_rules
    from rules._parameters import PARAMETERS, Parameters, as_text
    from rules._run import RuleUnknown

    known = load_rules()
    if key is None:
        for rule in known.values():
            parameters = ", ".join(rule.parameters)
            asked = f"{'+'.join(rule.subjects)} × {rule.zone_layer or '全市 city'}"
            context.say(f"{rule.key:<13} {rule.clause} {either(rule.title, rule.title_en)}; {asked}; {parameters}")
        return
    if key not in known:
        raise RuleUnknown(what=key)
    rule, values = known[key], Parameters(context.region())
    for line in (f"{rule.key} {rule.clause} {rule.title} / {rule.title_en}", rule.wording, rule.legal_basis, rule.department):
        context.say(line)
    for name in rule.parameters:
        context.say(f"  {name} = {as_text(values[name])}  {PARAMETERS[name].doc} / {PARAMETERS[name].doc_en}")
