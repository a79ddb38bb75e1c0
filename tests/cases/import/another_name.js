const defs = [];
defs.push({type: 'input', out_sx: 8, out_sy: 8, out_depth: 1});
defs.push({type: 'fc', num_neurons: 5, activation: 'sigmoid'});
defs.push({type: 'softmax', num_classes: 2});
const net = new convnetjs.Net();
net.makeLayers(defs);
const trainer = new convnetjs.SGDTrainer(net, {method: 'adam', learning_rate: 0.001});
