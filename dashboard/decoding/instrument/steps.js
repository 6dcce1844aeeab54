// The Step slider. The columns of the page, and the words of their texts, follow it under the hand
// (step.js; token_strip.py listens to the event). A hand that goes far from what the server has
// sent asks for the steps there without being lifted.

const REACH = 16; // steps

class Steps extends Instrument {
  load(data) {
    this.told = this.values.step;
    this.tell();
  }

  set(values) {
    super.set(values);
    this.tell();
    if (Math.abs(this.values.step - this.told) <= REACH) return;
    this.told = this.values.step;
    this.send("values", { n: this.order, ...this.values });
  }

  tell() {
    window.dispatchEvent(new CustomEvent("unrolled-step", { detail: this.values.step }));
  }

  draw() {}
}

export default mount(Steps);
