-- Trains exclusive or in LuaJIT, with the header that has no preprocessor, read as it is.
--
-- luajit Tests/Foreign/exclusive_or.lua include/chainrule.ffi.h build/lib/libchainrule.so
local ffi = require("ffi")
local file = assert(io.open(arg[1]))
local header = file:read("*a")
file:close()
ffi.cdef(header)
local library = ffi.load(arg[2])
local passed = 0

-- Counts what holds; ends the program with what does not.
local function holds(what, condition)
    if not condition then
        io.stderr:write("FAILED: " .. what .. " does not hold\n")
        os.exit(1)
    end
    passed = passed + 1
end

-- The call gave CRL_OK.
local function ok(status) holds(ffi.string(library.crl_error_message()), status == library.CRL_OK) end

-- A structure with its initial value.
local function begun(structure)
    local value = ffi.new(structure)
    ok(library[structure .. "_init"](value, ffi.sizeof(structure)))
    holds("the size of " .. structure, value.size == ffi.sizeof(structure))
    return value
end

local structures = 0
for structure in header:gmatch("\ncrl_status ([%w_]+)_init%(") do
    begun(structure)
    structures = structures + 1
end
holds("there are structures", structures >= 20)
for name in header:gsub("/%*.-%*/", ""):gmatch("[%s%*](crl_[%w_]+)%(") do
    holds("the library has " .. name, library[name] ~= nil)
end

local x = ffi.new("float[8]", { 0, 0, 0, 1, 1, 0, 1, 1 })
local t = ffi.new("float[4]", { 0, 1, 1, 0 })
local y = ffi.new("float[4]")
local calls, first, last = 0, nil, nil
local on_epoch = ffi.cast("crl_epoch_callback", function(_, epoch)
    calls = calls + 1
    first = first or epoch.cost
    last = epoch.cost
    return 0
end)

local targets, options = begun("crl_targets"), begun("crl_train_options")
targets.values, targets.rows, targets.columns, targets.stride = t, 4, 1, 1
options.epochs, options.on_epoch = 2000, on_epoch
local handle = ffi.new("crl_network *[1]")
ok(library.crl_network_create(2, handle))
local network = handle[0]
ok(library.crl_network_add_dense(network, 8, library.CRL_TANH, nil))
ok(library.crl_network_add_dense(network, 1, library.CRL_SIGMOID, nil))
ok(library.crl_network_build(network, 1))
ok(library.crl_network_fit(network, x, 4, 2, targets, nil, options))
ok(library.crl_network_predict(network, x, 4, 2, y, 4, 1))
for i = 0, 3 do holds("it has learnt", math.abs(y[i] - t[i]) < 0.2) end
holds("it was told of each epoch", calls == 2000 and last < first / 10)

local layer = begun("crl_layer")
ok(library.crl_network_layer(network, 1, layer))
holds("the layer", layer.units == 1 and layer.activation == library.CRL_SIGMOID)
options.epochs = 0
holds("the status", library.crl_network_fit(network, x, 4, 2, targets, nil, options) == library.CRL_ERROR_SIZE)
holds("the message", ffi.string(library.crl_error_message()):find("epochs is 0", 1, true))
library.crl_network_destroy(network)
on_epoch:free()
print(passed .. " passed, 0 failed")
