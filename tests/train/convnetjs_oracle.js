// What ConvNetJS itself makes of sources: node convnetjs_oracle.js CONVNET.js < {"name": "source", …} > facts.
// Weights and images are formulas, so that only what comes out has to be kept. See test_convnetjs.py.
const library = require(require('path').resolve(process.argv[2]));
global.convnetjs = library;
const log = console.log;
console.log = () => {}; // "WARNING n should be odd for LRN layer"

const round = (number) => Number(number.toPrecision(9));
const image = (layer, number) => {
  const made = new library.Vol(layer.out_sx, layer.out_sy, layer.out_depth, 0.0);
  for (let j = 0; j < made.w.length; j++) made.w[j] = Math.sin(2 + number + 0.37 * j);
  return made;
};

const told = {};
for (const [name, source] of Object.entries(JSON.parse(require('fs').readFileSync(0, 'utf8')))) {
  (0, eval)(source); // sets layer_defs, net and trainer
  const layers = net.layers, last = layers[layers.length - 1];
  const biases = layers.filter((one) => one.biases).map((one) => one.biases.w[0]); // of a layer all are alike
  net.getParamsAndGrads().forEach((one, k) => {
    for (let j = 0; j < one.params.length; j++) one.params[j] = 0.4 * Math.sin(1 + 3 * k + 0.7 * j);
  });
  const output = Array.from(net.forward(image(layers[0], 0), false).w, round);
  const facts = { input: [layers[0].out_sy, layers[0].out_sx, layers[0].out_depth], output };
  if (typeof trainer !== 'undefined' && trainer !== null) {
    facts.losses = [];
    for (let n = 0; n < 3 * trainer.batch_size; n++) {
      const number = (k) => Math.cos(n + 2 * k);
      const target = last.layer_type === 'regression' ? Array.from({ length: last.out_depth }, (_, k) => number(k)) : n % last.out_depth;
      facts.losses.push(round(trainer.train(image(layers[0], n), target).cost_loss));
    }
    facts.weights = net.getParamsAndGrads().map((one) => Array.from(one.params, round));
  }
  facts.biases = biases.map(round);
  told[name] = facts;
  trainer = null;
}
log(JSON.stringify(told));
