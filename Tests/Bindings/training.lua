-- Trains exclusive or through the LuaJIT module, with objects, lists, callbacks, structures and errors.
--
-- CHAINRULE_LIBRARY=build/lib/libchainrule.so LUA_PATH="bindings/luajit/?.lua;;" luajit Tests/Bindings/training.lua
local chainrule = require("chainrule")
local ffi = require("ffi")
local passed = 0

-- Counts what holds; ends the program with what does not.
local function holds(what, condition)
    if not condition then
        io.stderr:write("FAILED: " .. what .. " does not hold\n")
        os.exit(1)
    end
    passed = passed + 1
end

-- The message of the error that a call raises.
local function message(call, ...)
    local succeeded, text = pcall(call, ...)
    holds("an error", not succeeded)
    return text
end

local structures = 0
for name in io.open("include/chainrule.h"):read("*a"):gmatch("#define CRL_([%w_]+)_INIT[ \\]") do
    local value = chainrule[name:lower()]()
    holds("the size of " .. name, value.size == ffi.sizeof("crl_" .. name:lower()))
    structures = structures + 1
end
holds("there are structures", structures >= 20)
holds("the version", chainrule.version() == 10000 * chainrule.VERSION_MAJOR + 100 * chainrule.VERSION_MINOR
    + chainrule.VERSION_PATCH)

local x, t, y = chainrule.floats({ 0, 0, 0, 1, 1, 0, 1, 1 }), chainrule.floats({ 0, 1, 1, 0 }), ffi.new("float[4]")
local network = chainrule.network.create(2)
network:add_dense(8, chainrule.TANH, chainrule.layer_options({ name = "hidden" }))
network:add_dense(1, chainrule.SIGMOID)
network:build(1)

-- Structures keep what they were made of.
local function begun(options)
    options.cost = chainrule.cost_options({ kind = chainrule.BINARY_CROSS_ENTROPY })
    return chainrule.train_options(options)
end
local calls, first, last = 0, nil, nil
local options = begun({
    epochs = 2000,
    on_epoch = function(_, epoch)
        calls = calls + 1
        first = first or epoch.cost
        last = epoch.cost
        return 0
    end,
})
collectgarbage()
collectgarbage()
local targets = chainrule.targets({ values = t, rows = 4, columns = 1, stride = 1 })

-- One loop, whose last calls call back: by then LuaJIT would have compiled it.
local few, copy = chainrule.train_options({ epochs = 1 }), network:copy()
for i = 1, 400 do
    if i == 301 then few.on_epoch = options.on_epoch end
    copy:fit(x, 4, 2, targets, nil, few)
end
holds("it was told of the last", calls == 100)

calls, first = 0, nil
network:fit(x, 4, 2, targets, nil, options)
network:predict(x, 4, 2, y, 4, 1)
for i = 0, 3 do holds("it has learnt", math.abs(y[i] - t[i]) < 0.2) end
holds("it was told of each epoch", calls == 2000 and last < first / 10)

-- What C writes through pointers.
holds("a number", network:input_size() == 2 and network:layer_count() == 2)
holds("a string", network:layer_input(1, 0) == "hidden")
holds("a structure", network:layer(1).units == 1 and network:layer(1).activation == chainrule.SIGMOID)
local parameters, count = network:parameters()
holds("a pointer and a count", count == 33 and parameters[0] ~= 0)
local gradient = ffi.new("float[?]", count)
local cost = network:value_and_gradient(nil, x, 4, 2, targets, gradient, count)
holds("a cost and its gradient", cost > 0 and cost < 0.04 and gradient[0] ~= 0)
local state = chainrule.plateau_state()
local plateau = chainrule.schedule_options({ kind = chainrule.SCHEDULE_PLATEAU })
local rate = ffi.new("float[1]", 0.5)
chainrule.plateau_rate(plateau, state, 1, rate)
holds("a number that is read and written", rate[0] == 0.5)

-- Lists.
local other = chainrule.network.create(6)
other:add_reshape({ 3, 2 }, chainrule.layer_options({ name = "grid" }))
other:add_slice({ 0, 0 }, { 3, 1 }, chainrule.layer_options({ name = "a" }))
other:add_slice({ 0, 1 }, { 3, 2 }, chainrule.layer_options({ name = "b", input = "grid" }))
other:add_sum({ "a", "b" })
other:build(1)
holds("the sum", other:output_size() == 3)
local extents = ffi.new("size_t[2]")
holds("the shape", other:layer_shape(0, extents, 2) == 2 and extents[0] == 3 and extents[1] == 2)

local image = chainrule.network.create(36)
image:add_reshape({ 6, 6, 1 })
image:add_convolution(2, chainrule.RELU, chainrule.window({ kernel = { 3, 3 } }), 1)
image:build(1)
holds("a window", image:layer_window(1).kernel.second == 3 and image:output_size() == 32)
holds("no state", image:state() == nil)

-- Errors are raised where the caller is.
local text = message(function() network:add_dense(1, chainrule.TANH) end)
holds("the place and the kind", text:find("training.lua:%d+: CRL_ERROR_ALREADY_BUILT: "))
holds("the message", message(network.fit, network, x, 4, 2, nil):find("CRL_ERROR_NULL", 1, true))
holds("a file", message(chainrule.network.load, "/nowhere"):find("CRL_ERROR_FILE", 1, true))
holds("an unknown name", message(function() return chainrule.NOTHING end):find("CRL_NOTHING", 1, true))
holds("a handle of another kind", message(network.copy, chainrule.cancel.create()):find("crl_cancel", 1, true))

print(passed .. " passed, 0 failed")
