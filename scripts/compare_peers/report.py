"""The results as a Markdown table and as JSON."""

import statistics


def summary(values):
    return {"median": statistics.median(values), "lowest": min(values), "highest": max(values), "values": values}


def best_variant(row, results, peer):
    """The name and the values of the peer's variant that does best in a row; None if none was measured."""
    found = results.values[row]
    measured = [engine.name for engine in results.engines if engine.peer == peer and engine.name in found]
    if not measured:
        return None
    choose = min if row.smaller_is_better else max
    name = choose(measured, key=lambda name: statistics.median(found[name]))
    return name, found[name]


def ratio(row, ours, theirs):
    """How many times as good Ponder is."""
    ours, theirs = statistics.median(ours), statistics.median(theirs)
    return theirs / ours if row.smaller_is_better else ours / theirs


def peers_of(results):
    """The engines beside Ponder, each once."""
    return list(dict.fromkeys(engine.peer for engine in results.engines if engine.peer != "Ponder"))


def records(results):
    """Everything that was measured, for programs."""
    rows = []
    for row, found in results.values.items():
        record = {
            "model": row.model, "test": row.name, "unit": row.unit, "smaller_is_better": row.smaller_is_better,
            "engines": {name: summary(values) for name, values in found.items()}, "ratios": {},
        }
        if row in results.shares:
            record["share_of_limit"] = summary(results.shares[row])
        for peer in peers_of(results):
            best = best_variant(row, results, peer)
            if best and "Ponder" in found:
                record["ratios"][peer] = {"to": best[0], "ratio": ratio(row, found["Ponder"], best[1])}
        rows.append(record)
    return {"threads": results.threads, "rounds": results.rounds, "rows": rows, "failures": results.failures}


def number(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def cell(values):
    text = number(statistics.median(values))
    return text if len(values) == 1 else f"{text} ({number(min(values))}–{number(max(values))})"


def markdown(results):
    peers = peers_of(results)
    heading = ["model", "test", "Ponder", *[text for peer in peers for text in (peer, "ratio")], "of the limit"]
    lines = [heading, ["---"] * len(heading)]
    for row, found in results.values.items():
        ours = found.get("Ponder")
        cells = [row.model, f"{row.name}, {row.unit}", f"**{cell(ours)}**" if ours else ""]
        for peer in peers:
            best = best_variant(row, results, peer)
            cells.append(cell(best[1]) if best else "")
            cells.append(f"**{ratio(row, ours, best[1]):.2f}x**" if best and ours else "")
        shares = results.shares.get(row)
        is_bench = row.name.startswith(("pp", "tg"))
        cells.append(f"{statistics.median(shares) * 100:.0f} %" if shares else "unsteady" if is_bench else "")
        lines.append(cells)
    table = "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
    return "\n".join([table, *[f"failed: {failure}" for failure in results.failures]])
