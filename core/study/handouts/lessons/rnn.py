# %% [markdown]
# # Unrolled RNN
# What does a recurrent network still know of its first input after T steps?
# Unrolled must be installed (`pip install -e .` in its folder).

# %% settings
T = 3
matrix = "nonnormal"
size = 16
rho = 0.9
longest = 200

# %% [markdown]
# ## The expansion, line by line

# %%
from core.linear_rnn import same_expression, unroll, unroll_steps
from core.linear_rnn.printing import to_text
from core.linear_rnn.unrolling import recurrence

for step in unroll_steps(T):
    print(f"{step.number}. {to_text(step.expression)}")
print("equal to the recurrence:", same_expression(unroll(T), recurrence(T)))

# %% [markdown]
# ## What is left of x_1 after T - 1 steps

# %%
from core.linear_rnn.decay import NORM_STEPS, growth
from core.linear_rnn.matrices import PRESETS, preset

name = next((k for k, p in PRESETS.items() if matrix in (k, p.title)), "nonnormal")
decay = growth(preset(name, size)).at(rho if name != "nilpotent" else None)
print(
    f"{PRESETS[name].title}, {size} x {size}, spectral radius {0 if name == 'nilpotent' else rho}"
)
for T_now, log_norm in zip(NORM_STEPS, decay.norm, strict=True):
    if T_now in (1, 2, 3, 5, 10, 20, 50, 100, 200, 500) and T_now <= longest:
        print(f"T = {T_now:3d}   norm of W_h^(T-1) = {10.0**log_norm:.3g}")
peak_T, peak = decay.peak(longest)
print(f"largest at T = {peak_T}: {peak:.4g}; half-life of a mode: {decay.marks.half_life}")

# %% [markdown]
# ## As a figure: open rnn.html in a browser, or call figure.show() in a notebook

# %%
import plotly.graph_objects as go

times = [steps for steps in NORM_STEPS if steps <= longest]
norms = [10.0**log_norm for log_norm in decay.norm[: len(times)]]
figure = go.Figure(go.Scatter(x=times, y=norms))
figure.update_layout(xaxis_title="T", yaxis_title="norm of W_h^(T-1)", yaxis_type="log")
figure.write_html("rnn.html")
print("the figure is in rnn.html")
