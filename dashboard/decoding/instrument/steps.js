// The Step slider. The columns of the page, and the words of their texts, follow while it moves
// (step.js; token_strip.py listens to the event). A drag that goes far from what the server has
// sent asks for the steps there before it ends.

const [EDGE, APART] = [6, 10]; // steps: from the last one sent, and between two messages

class Steps extends Instrument {
  load() {
    this.told = this.values.step;
    this.tell();
  }

  set(values) {
    super.set(values);
    this.tell();
    const { step } = this.values;
    const { first, last, dials: [{ high }] } = this.data;
    const leaves = (step < first + EDGE && first > 1) || (step > last - EDGE && last < high);
    if (!leaves || Math.abs(step - this.told) < APART) return;
    this.told = step;
    this.send("values", { n: this.order, ...this.values });
  }

  tell() {
    window.unrolledStep = this.values.step;
    window.dispatchEvent(new CustomEvent("unrolled-step", { detail: this.values.step }));
  }

  draw() {}
}

export default mount(Steps);
