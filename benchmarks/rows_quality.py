"""Quality and time to quality, from the recorded histories of full trainings."""

from functools import cache
from math import exp

from benchmarks.history import NotRecorded, history
from benchmarks.kneser_ney import KneserNey
from benchmarks.measure import Row, fixed
from benchmarks.rows_training import data_dir, reference_vit_rate
from benchmarks.threads import threads
from core.data import load_dialogues
from core.data.token_cache import encode_lines, tokenizer_of
from core.tokenizer import UNK_ID

COURSE_VIT, BETTER_RECIPE, BEST_VIT = "vit-cifar10-course", "vit-better-recipe", "vit-cifar10"
QUICK_VIT = "vit-quick"
COURSE_GPT, BEST_GPT = "gpt-shakespeare-course", "gpt-shakespeare"
IMAGES, EPOCHS, MAX_N = 50_000, 10, 200


@cache
def reference_seconds(number: int) -> float:
    """Seconds that the plain loop takes for the course's ten epochs on this many threads.

    Computed from its images a second; our model was trained on as many threads.
    """
    with threads(number):
        return EPOCHS * IMAGES / reference_vit_rate()


def same_architecture(repeats: int) -> Row:
    """The course's ViT, ten epochs, another recipe: held-out accuracy."""
    reference, ours = history(COURSE_VIT), history(BETTER_RECIPE)
    return fixed(
        "vit-same-architecture-accuracy",
        "held-out accuracy",
        reference.last.held_out["accuracy"],
        ours.last.held_out["accuracy"],
        f"{EPOCHS} epochs each; {reference.said()}; {ours.said()}",
    )


def accuracy_in_reference_time(repeats: int) -> Row:
    """The best held-out accuracy of our ViT within the time of the reference's ten epochs."""
    reference, ours = history(COURSE_VIT), history(BEST_VIT)
    limit = reference_seconds(ours.spec.threads)
    inside = [epoch for epoch in ours.epochs if epoch.seconds <= limit]
    if not inside:
        raise NotRecorded(f"{BEST_VIT} has no epoch within {limit:,.0f} s")
    best = max(inside, key=lambda epoch: epoch.held_out["accuracy"])
    return fixed(
        "vit-accuracy-in-reference-time",
        "held-out accuracy",
        reference.last.held_out["accuracy"],
        best.held_out["accuracy"],
        f"within {limit:,.0f} s, the plain loop's ten epochs in fp32 on as many threads; "
        f"ours after {best.seconds:,.0f} s; {ours.said()}; single model, no test-time augmentation",
    )


def time_to_reference_accuracy(repeats: int) -> Row:
    """Seconds of training until our ViT has the final accuracy of the reference."""
    goal = history(COURSE_VIT).last.held_out["accuracy"]
    ours = history(QUICK_VIT)
    there = next((e for e in ours.epochs if e.held_out["accuracy"] >= goal), None)
    if there is None:
        raise NotRecorded(f"{QUICK_VIT} does not reach {goal:.4f}")
    return fixed(
        "vit-time-to-reference-accuracy",
        "s",
        reference_seconds(ours.spec.threads),
        there.seconds,
        f"to accuracy {goal:.4f}: the plain loop's ten epochs, fp32, on as many threads; "
        f"ours after {there.number} epoch(s); {ours.said()}",
    )


def perplexity_against_best(repeats: int) -> Row:
    """Held-out perplexity compared with the course recipe's best epoch."""
    reference, ours = history(COURSE_GPT), history(BEST_GPT)
    best = reference.best("perplexity", least=True)
    return _perplexity(
        "gpt-perplexity-best", best.held_out, f"its epoch {best.number}", ours.said()
    )


def perplexity_against_last(repeats: int) -> Row:
    """Held-out perplexity compared with the course recipe's last epoch."""
    reference, ours = history(COURSE_GPT), history(BEST_GPT)
    best, last = reference.best("perplexity", least=True), reference.last
    rise = last.held_out["perplexity"] / best.held_out["perplexity"] - 1
    which = f"its epoch {last.number}, {rise:.1%} above its best: only its overfitting makes this "
    which += "row different from the one before"
    return _perplexity("gpt-perplexity-last", last.held_out, which, ours.said())


def _perplexity(name: str, reference: dict[str, float], which: str, said: str) -> Row:
    ours = history(BEST_GPT).last.held_out
    return fixed(
        name,
        "held-out perplexity",
        reference["perplexity"],
        ours["perplexity"],
        f"last tenth of the dialogues, {ours['tokens']:,.0f} targets, unknown ones "
        f"({ours['unknown']:.1%}) left out; reference: the course's recipe after {which}; {said}",
    )


def time_to_reference_perplexity(repeats: int) -> Row:
    """Seconds of training until our GPT has the best perplexity of the course's recipe."""
    reference, ours = history(COURSE_GPT), history(BEST_GPT)
    best = reference.best("perplexity", least=True)
    goal = best.held_out["perplexity"]
    there = next(e for e in ours.epochs if e.held_out["perplexity"] <= goal)
    return fixed(
        "gpt-time-to-reference-perplexity",
        "s",
        best.seconds,
        there.seconds,
        f"to perplexity {goal:.1f}, the course recipe's best (epoch {best.number}), on our fast "
        "path both, the course's before texts of all lengths shared their products (some 1.3 "
        f"times slower): {reference.said()}; {ours.said()}, epoch {there.number}",
    )


def against_kneser_ney(repeats: int) -> Row:
    """Held-out perplexity compared with a modified Kneser-Ney 5-gram, same split and vocabulary."""
    lines = load_dialogues("shakespeare", data_dir())
    tokenizer = tokenizer_of(lines.train)
    train, held_out = (
        [ids.tolist()[:MAX_N] for ids in encode_lines(tokenizer, part)]
        for part in (lines.train, lines.held_out)
    )
    model = KneserNey(train, tokenizer.vocab_size - 2)  # the start token and padding never come
    found = [model.log_probability(text, UNK_ID) for text in held_out]
    targets = sum(number for _, number in found)
    reference = exp(-sum(total for total, _ in found) / targets)
    ours = history(BEST_GPT)
    return fixed(
        "gpt-against-kneser-ney",
        "held-out perplexity",
        reference,
        ours.last.held_out["perplexity"],
        f"5-gram from the same dialogues, the same {targets:,} targets; {ours.said()}",
    )


ROWS = {
    "vit-same-architecture-accuracy": same_architecture,
    "vit-accuracy-in-reference-time": accuracy_in_reference_time,
    "vit-time-to-reference-accuracy": time_to_reference_accuracy,
    "gpt-perplexity-best": perplexity_against_best,
    "gpt-perplexity-last": perplexity_against_last,
    "gpt-time-to-reference-perplexity": time_to_reference_perplexity,
    "gpt-against-kneser-ney": against_kneser_ney,
}
