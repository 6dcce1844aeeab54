"""Which room may import which: the one table of allowed imports."""

# Each room and the rooms it may import, besides itself. A room is a folder with all below it; the
# course's own classes, which lie loose in core/, are the room "course".
COURSE = ("attention", "transformer", "vit", "gpt", "tokenizer", "bpe", "first_texts")
CORE = {
    "system": "",
    "compiled": "system",
    "run_files": "system",
    "course": "run_files system",
    "data": "course system",
    "config": "data system",
    "models": "config data course run_files system",
    "linear_rnn": "course system",
    "decoding": "models data course run_files compiled system",
    "interpret": "models course",
    "runs": "run_files config data models system",
    "training": "runs interpret models config data course run_files compiled system",
    "publish": "training decoding models config data course run_files system",
    "study": "decoding interpret linear_rnn models config data course run_files system",
}
DASHBOARD = {
    "palette": "",
    "figures": "palette",
    "style": "palette components",
    "lessons": "",
    "state": "",
    "limits": "",
    "whole_links": "",
    "stage": "state components lessons",
    "components": "state lessons figures palette",
    "controls": "components state",
    "models": "controls components figures lessons state limits",
    "rnn": "components controls figures state",
    "attention": "models controls components figures state",
    "vision": "models controls components figures state",
    "decoding": "models controls components figures state",
    "text": "models controls components figures state",
    "training": "controls components figures limits state",
    "study": "controls components figures lessons limits state",
    "course": "study models components lessons state",
    "command": "",
    "jupyter": "",
    "app": "course components limits stage state lessons style whole_links",
}
ARROWS = {f"core.{room}": {f"core.{to}" for to in tos.split()} for room, tos in CORE.items()}
ARROWS |= {
    f"dashboard.{room}": {f"dashboard.{to}" for to in tos.split()} | {f"core.{r}" for r in CORE}
    for room, tos in DASHBOARD.items()
}
ARROWS["dashboard.palette"] = set()
ARROWS["pages"] = {arrow for arrow in ARROWS if arrow != "dashboard.app"}
# Short names of commands and of one module, kept for those who know them.
ARROWS["core.train"] = {"core.training"}
ARROWS["core.evaluate"] = {"core.publish"}
ARROWS["core.relevance"] = {"core.interpret"}
