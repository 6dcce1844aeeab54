"""The measurements made on this machine, stored in one file, and sentences filled in from them.

A sentence whose numbers have not been measured is not shown (`fill` returns None), and the page
offers to measure them. Nothing here imports torch before something is measured.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from core.linear_rnn.spectrum import scientific, with_minus
from core.run_files.directory import read_json, replace_json, runs_folder
from core.study.storage.database import state_folder

Values = dict[str, float | str]
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\.(\w+)(?::([+,]?(?:\.\d)?[ef%]))?\}")


@dataclass(frozen=True)
class Measurement:
    """One measurement: the function of its name in `module` of core.study.measure, the label of its
    button, and the names of the values that it returns."""

    module: str
    label: str
    names: str

    @property
    def keys(self) -> list[str]:
        """The names one by one."""
        return self.names.split()


MEASUREMENTS = {
    "unrolled": Measurement("theory", "Compare the sum with the recurrence on random matrices",
        "at_2 at_3 at_10"),
    "gradient": Measurement("theory", "Compute how much of the first token's gradient is left",
        "near far radius rnn_near rnn_far attention_near attention_far"),
    "pieces": Measurement("theory", "Time a head over the pixels and over the patches of a picture",
        "pixels patches pixel_ms patch_ms"),
    "positions": Measurement("theory", "Look for one matrix that shifts every position",
        "tokens dim k sinusoidal random"),
    "decay": Measurement("theory", "Compute the powers of a non-normal matrix",
        "size peak peak_step half_life end chain_peak chain_entry"),
    "cost": Measurement("theory",
        "Time an RNN and a self-attention layer with 1 and 2 threads (about 15 seconds)",
        "d T_low T_high rnn_low rnn_high attention_low attention_high rnn_two attention_two"),
    "parallel": Measurement("theory",
        "Look up the times with 1 and 2 threads, and bound them on P units",
        "machine T d P rnn_one rnn_two rnn_gain rnn_units attention_one attention_two "
        "attention_gain attention_units crossing"),
    "forget_gate": Measurement("theory", "Train an LSTM with both biases, and a tanh RNN",
        "delay lstm_start lstm_after opened_start opened_after tanh_start tanh_after gru_start "
        "gru_after gate_start gate_after"),
    "rivals": Measurement("models",
        "Move the pictures of Shapes under a CNN and a ViT (about 20 seconds)",
        "images moved cnn vit cnn_still cnn_moved vit_still vit_moved"),
    "empty_prompt": Measurement("models", "Generate from the empty prompt", "model text"),
    "samples": Measurement("models", "Read the samples of a GPT's training",
        "label first_epoch first last_epoch last"),
    "heatmap": Measurement("models",
        "Measure attention against the masks of Shapes (about 10 seconds)",
        "images model covered on_object correlation"),
    "runs": Measurement("models", "Look up the Vision Transformers trained here",
        "label train held_out epochs"),
    "generation": Measurement("decoding",
        "Time reading and generating with a GPT (about 10 seconds)",
        "machine model tokens training_ms pass_ms batch_ms single_ms whole_ms engine_ms "
        "batch_step_ms pass_gain batch_gain weights_mb single_mb batch_mb batch_growth"),
    "groups": Measurement("decoding", "Compare the caches of full and of shared keys and values",
        "T heads groups bytes_full bytes_shared weights_full weights_shared scores_full "
        "scores_shared change spread"),
    "strategies": Measurement("decoding",
        "Generate greedily and from the nucleus (about 5 seconds)",
        "model tokens greedy_ms nucleus_ms greedy_distinct nucleus_distinct"),
    "next_word": Measurement("decoding", "Read the opening of a speech with a GPT",
        "model word first probability sum first_layer last_layer"),
    "cache": Measurement("decoding",
        "Time the next token with and without a cache (about 5 seconds)",
        "machine model T all_ms last_ms cache_ms engine_ms all_slope last_slope cache_slope "
        "all_operations last_operations cache_operations last_doubled cache_doubled head_share "
        "gain operations_gain"),
    "symbols": Measurement("counts", "Count the factors in the unrolled sums",
        "first_in_y2 second_in_y2 first_entries second_entries terms_in_y3 T terms first_power "
        "last_power highest_power longest longest_power start_power"),
    "operations": Measurement("counts", "Count the operations of both layers",
        "d T rnn_doubled attention_doubled rnn_chain attention_chain rnn_span attention_span "
        "rnn_work attention_work"),
    "modes": Measurement("counts", "Compute powers of a diagonal and of an orthogonal matrix",
        "steps slow fast norm norm_above norm_difference sign_difference orthogonal_change"),
    "gates": Measurement("counts", "Look up the sweep over delays",
        "short long chance lstm_short lstm_long opened_short opened_long tanh_short tanh_long "
        "gru_short gru_long transformer_short transformer_long"),
    "code": Measurement("counts", "Compute the sinusoidal code",
        "first_wavelength last_wavelength off_diagonal_spread"),
    "lengths": Measurement("counts", "Look up the experiment on length",
        "trained read learned_before learned_past sinusoidal_before sinusoidal_past none_before "
        "none_past rotary_before rotary_past alibi_before alibi_past"),
    "llama": Measurement("counts", "Look up the six steps from the course's GPT to a Llama",
        "bits_0 bits_1 bits_2 bits_3 bits_4 bits_5 bits_6 change_1 change_2 change_3 change_4 "
        "change_5 change_6 seeds_differ unknown spelling steps cached_full cached_grouped"),
    "overfitting": Measurement("counts", "Look up the history of vit-cifar10-course",
        "epochs lowest_epoch lowest_loss last_loss train train_at_lowest held_out "
        "held_out_at_lowest"),
    "longer_training": Measurement("counts", "Look up the history of vit-cifar10-course-20",
        "epochs lowest_epoch lowest_loss last_loss train train_at_lowest held_out "
        "held_out_at_lowest"),
    "augmentation": Measurement("counts", "Look up the plain ViT with and without augmentation",
        "pictures epochs train_with held_out_with gap_with error_with train_without "
        "held_out_without gap_without error_without"),
    "little_data": Measurement("counts", "Look up the histories on shares of CIFAR-10",
        "plain_all plain_tenth plain_hundredth plain_hundredth_train vit_all vit_tenth "
        "vit_hundredth cnn_all cnn_tenth cnn_hundredth seeds_differ"),
    "early_text": Measurement("counts",
        "Read the texts of gpt-shakespeare-course, epoch by epoch",
        "token repeated epochs first_distinct last_distinct word_epoch name_epoch "
        "full_name_epoch early_fall written unlisted"),
    "scaling": Measurement("counts", "Compute the softmax of scores divided by √n and not",
        "n keys uniform undivided divided n_low n_high undivided_low undivided_high doublings "
        "falls"),
    "people": Measurement("counts", "Look up the sweep of gpt-shakespeare",
        "people people_repetition settings likelier low_p_repetition high_p_repetition low_p "
        "high_p"),
    "causality": Measurement("looks", "Look at the attention of a GPT",
        "model later row_error first_row probability"),
    "repeats": Measurement("looks", "Generate greedily and from the nucleus, three times each",
        "greedy_texts sampled_texts greedy_repetition sampled_repetition sure_first sure_last"),
    "first_difference": Measurement("looks", "Compare sampled with greedy text, step by step",
        "seeds agree"),
    "calls": Measurement("looks", "Count how often a GPT runs in training and in generating",
        "model tokens training generating same"),
    "table": Measurement("looks", "Read one token more than the table has rows", "rows reads_more"),
    "heads": Measurement("heads", "Remove each head of two GPTs once",
        "model count largest grammar_model grammar_texts grammar_heads grammar_loss "
        "grammar_without grammar_raised grammar_lowered grammar_words grammar_guess"),
    "induction": Measurement("heads", "Look for induction heads in all GPTs (about 10 seconds)",
        "model best layer head others other_models repeated repeated_without new new_without"),
    "layers": Measurement("heads", "Read gpt-refrain layer by layer",
        "model answer embedding first_layer last without_first logit logit_without direct "
        "one_head"),
    "sinks": Measurement("heads", "Hide each of the first tokens from the rest of a passage",
        "model weight word cost start_cost others largest plain_model plain_weight plain_word "
        "plain_cost plain_start_cost plain_others plain_largest tokens uniform"),
    "patches": Measurement("vision", "Shuffle the patches of a picture",
        "patches tokens same_blocks matrix_difference bag_difference place_difference "
        "half_tokens weights half_weights weights_growth head larger_tokens larger_head"),
    "object_size": Measurement("vision", "Compare attention on small and on large objects",
        "images small large uniform_small uniform_large on_object covered spread untrained"),
    "vit_layers": Measurement("vision", "Look where each layer of a Vision Transformer looks",
        "images first_on_object last_on_object first_patches last_patches covered heads_alike"),
    "shifts": Measurement("vision", "Look up how accurate models are on pictures that move",
        "pixels plain_still plain_moved bare_still bare_moved cnn_still cnn_moved"),
    "patch_sizes": Measurement("vision", "Look up the ViTs with patches of 2, 4 and 8 pixels",
        "accuracy_2 accuracy_4 accuracy_8 best_2 worst_4 best_8 tokens_2 tokens_4 tokens_8 "
        "share_2 share_4 share_8 attention_growth whole_growth step_2 step_4 step_8 step_growth "
        "parameters_2 parameters_4 parameters_8 steps held_out"),
    "maps": Measurement("maps", "Compare maps with each other, and delete patches by them",
        "images pictures by_map by_attention by_chance attention_alike gradient_alike "
        "same_brightest brightest background same_answer elsewhere_first walks walked flow "
        "walks_differ values_matter"),
    "sizes": Measurement("vision", "Show larger pictures to a CNN and a ViT",
        "images side vit_trained vit_larger cnn_trained cnn_larger stem_trained stem_larger"),
    "evidence": Measurement("vision", "Compare two maps with the masks of Shapes",
        "images object edge cnn_object cnn_background vit_object vit_background"),
    "tune": Measurement("vision", "Look for the loudest frequency of each note",
        "notes found bin"),
    "paths": Measurement("drawings", "Follow two inputs through an unrolled RNN",
        "T below above first_below last_below first_above last_above"),
    "merges": Measurement("codes", "Look up the experiment on byte pairs",
        "merges size unknown always words tokens_per_word bytes_per_word"),
    "rotary": Measurement("codes", "Move a query and a key together", "tokens moved rotary added"),
    "perplexity": Measurement("codes", "Read a line with a GPT and compute its perplexity",
        "model tokens nats bits perplexity of_the_mean factor share vocabulary"),
    "stream": Measurement("drawings", "Add up what the layers of a GPT write",
        "model blocks heads parts error together alone"),
    "kept": Measurement("drawings", "Compare cached keys and values with new ones",
        "model blocks vectors difference doubled last_doubled"),
    "faults": Measurement("faults", "Run each fault and its repair on a small example",
        " ".join(f"{name}_wrong {name}_right" for name in (
            "no_scale", "wrong_axis", "late_mask", "class_token", "heads_mixed", "temperature",
            "crossing", "cache", "positions", "not_shifted", "not_zeroed", "state_carried",
            "power"))
        + " no_scale_least no_scale_most wrong_axis_first wrong_axis_least wrong_axis_most "
        "late_mask_first late_mask_second late_mask_last class_token_last heads_mixed_rows "
        "heads_mixed_same temperature_plain temperature_plain_least temperature_least "
        "crossing_first crossing_rest cache_own cache_before cache_prompt positions_at_0 "
        "positions_at_1 positions_at_9 positions_at_10 not_shifted_own not_shifted_next "
        "not_shifted_before not_shifted_guess not_zeroed_calls not_zeroed_mean state_carried_left "
        "state_carried_input power_plus power_longer"),
    "derivations": Measurement("derivations", "Compute the numbers of the derivations",
        "gradient_error gradient_sure sure bits nats perplexity halved uniform_bits uniform_nats "
        "bias_steps bias_left words_one words_two adam_arrays gradient_unsure wrong_low wrong_high "
        "text_words first_perplexity second_perplexity perplexity_fall perplexity_factor "
        "bias_times_b bias_from_b words_all sgd_arrays adam_growth"),
    "softmax_scale": Measurement("sequences", "Compute softmax rows with and without √n",
        "keys queries few many uniform divided_few divided_many undivided_few undivided_many "
        "gradient_divided gradient_few gradient_undivided autograd total_off"),
    "through_time": Measurement("sequences", "Multiply the factors of a tanh RNN's gradient",
        "rho T large small linear tanh_large tanh_small slope apart"),
    "clipping": Measurement("sequences", "Train an RNN with its gradient clipped and without",
        "rate c loose all_steps steps largest plain clipped clipped_steps barely slow slow_rate"),
    "lstm_gates": Measurement("sequences", "Run the shipped LSTMs over noise",
        "delay long right_0 right_1 right_2 long_0 long_1 long_2 gate_0 gate_1 gate_2 left_0 "
        "left_1 left_2 closed"),
    "recall": Measurement("sequences", "Look up the layers with one head and with many",
        "heads_1 heads_2 heads_4 heads_8 heads_16 places symbols best_of_one worst_of_four "
        "parameters_1 parameters_4"),
    "norm_place": Measurement("sequences", "Look up LayerNorm before and after the block",
        "before_4 before_12 before_24 after_4 after_12 after_24 warm_4 warm_12 warm_24 layers "
        "steps rate warm_up frequencies before_worst after_best last_before last_ratio_2 "
        "last_ratio_24"),
    "power_law": Measurement("sequences", "Fit a power law to the shipped GPTs of many widths",
        "models alpha beta floor held_width held_dialogues held predicted miss left_out_most "
        "factor factor_least factor_most first_fall last_fall widest most left_at_widest few "
        "few_miss"),
    "class_token": Measurement("drawings", "Replace what a Vision Transformer's classifier reads",
        "model patches own"),
}  # fmt: skip


def measure(name: str) -> Values:
    """Measure one of MEASUREMENTS. Raises ValueError, one sentence, if that is impossible here."""
    about = MEASUREMENTS[name]
    values: Values = getattr(import_module(f"core.study.measure.{about.module}"), name)()
    return values


def store_path() -> Path:
    """The file in the state folder; older versions had it beside the runs folder."""
    return state_folder() / "measurements.json"


def load_measurements(path: Path | None = None) -> dict[str, Values]:
    """All stored measurements; empty if there are none or the file is damaged."""
    table: dict[str, Any] = {}
    for file in [path] if path else [runs_folder().parent / "measurements.json", store_path()]:
        with suppress(ValueError, OSError):
            table |= read_json(file)
    return {
        name: values
        for name, values in table.items()
        if name in MEASUREMENTS
        and isinstance(values, dict)
        and values.keys() >= {*MEASUREMENTS[name].keys}
    }


def save_measurement(
    name: str, values: Mapping[str, float | str], path: Path | None = None
) -> None:
    """Store one measurement with its date. Raises ValueError for missing values."""
    missing = sorted(set(MEASUREMENTS[name].keys) - set(values))
    if missing:
        raise ValueError(f"The measurement {name} lacks {missing[0]}: measure it again.")
    stored = load_measurements(path)
    path = path or store_path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    stored[name] = {**values, "day": time.strftime("%Y-%m-%d")}
    replace_json(path, json.loads(json.dumps(stored)))


def placeholders(text: str) -> list[tuple[str, str]]:
    """(measurement, value) of every placeholder in a sentence."""
    return [(match[1], match[2]) for match in _PLACEHOLDER.finditer(text)]


def fill(text: str, measurements: Mapping[str, Values]) -> str | None:
    """The sentence with its numbers; None if one of them has not been measured."""

    def number(match: re.Match[str]) -> str:
        value = measurements[match[1]][match[2]]
        if isinstance(value, str) or not match[3]:
            return str(value)
        if not math.isfinite(value):
            return "not a number"
        text = scientific(value) if match[3].endswith("e") else format(value, match[3])
        return with_minus(text)

    try:
        return _PLACEHOLDER.sub(number, text)
    except KeyError:
        return None
