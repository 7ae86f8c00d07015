-- Trains a network to read handwritten digits, in LuaJIT, and asks of one of them which pixels speak for the answer: the gradient
-- of the answer's logit by x.
--
--     LUA_PATH="bindings/luajit/?.lua;;" luajit Examples/digits.lua Examples/data/digits.csv
local chainrule = require("chainrule")
local ffi = require("ffi")

local side, classes = 8, 10
local pixels = side * side

-- Every fourth image of each digit is held out.
local training, held_out, seen = { x = {}, digits = {} }, { x = {}, digits = {} }, {}
for line in assert(io.open(arg[1])):lines() do
    local values = {}
    for value in line:gmatch("%d+") do values[#values + 1] = tonumber(value) end
    local digit = table.remove(values)
    seen[digit] = (seen[digit] or 0) + 1
    local set = seen[digit] % 4 == 0 and held_out or training
    set.digits[#set.digits + 1] = digit
    for _, value in ipairs(values) do set.x[#set.x + 1] = value / 16 end
end
local function targets(set)
    local count = #set.digits
    return chainrule.targets({ classes = ffi.new("int32_t[?]", count, set.digits), classes_count = count })
end

local network = chainrule.network.create(pixels)
network:add_dense(100, chainrule.RELU)
network:add_dense(classes, chainrule.IDENTITY) -- logits: the cost takes their softmax
network:build(1)

local x, unseen = chainrule.floats(training.x), chainrule.floats(held_out.x)
local optimizer = chainrule.optimizer.create(network, chainrule.optimizer_options({ learning_rate = 0.003 }))
local cost = chainrule.cost_options({ kind = chainrule.CROSS_ENTROPY })
network:fit(x, #training.digits, pixels, targets(training), nil, chainrule.train_options({
    cost = cost,
    optimizer = optimizer,
    epochs = 30,
    seed = 1,
    on_epoch = function(_, epoch)
        if epoch.epoch % 10 == 0 then print(("epoch %d: cost %.4f"):format(tonumber(epoch.epoch), epoch.cost)) end
        return 0
    end,
}))
local metrics = network:evaluate(cost, unseen, #held_out.digits, pixels, targets(held_out), 1, nil, 0)
print(("%.2f %% of %d digits that it has not seen"):format(100 * metrics.accuracy, tonumber(metrics.rows)))

-- The first of them, each pixel marked that makes its answer more likely (+) or less likely (-).
local chosen, effect = ffi.new("float[?]", classes), ffi.new("float[?]", pixels)
chosen[held_out.digits[1]] = 1
network:vjp(unseen, 1, pixels, chosen, classes, nil, 0, effect, 1, pixels)
print(("what makes this one a %d:"):format(held_out.digits[1]))
for row = 0, side - 1 do
    local line = {}
    for column = 0, side - 1 do
        local i = row * side + column
        line[#line + 1] = (unseen[i] > 0.5 and "█" or " ") .. (effect[i] > 0.5 and "+" or effect[i] < -0.5 and "-" or " ")
    end
    print(table.concat(line))
end
assert(metrics.accuracy > 0.97, "the network has not learnt to read")
