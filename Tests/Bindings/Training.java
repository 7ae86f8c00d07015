// Trains exclusive or through the Java binding, with handles, lists, callbacks, structures, files and errors.
//
// With it and bindings/java compiled into out:
//     java --enable-native-access=ALL-UNNAMED -Dchainrule.library=build/lib/libchainrule.so -cp out Training
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import chainrule.Chainrule;
import chainrule.Chainrule.*;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

final class Training {
    private static int passed = 0;

    /** Counts what holds; ends the program with what does not. */
    private static void holds(String what, boolean condition) {
        if (!condition) throw new AssertionError(what + " does not hold");
        passed++;
    }

    private interface Action {
        void run() throws Exception;
    }

    /** What an action throws. */
    private static <T extends Throwable> T thrown(Class<T> type, Action action) {
        try {
            action.run();
        } catch (Throwable problem) {
            if (!type.isInstance(problem)) throw new AssertionError("another problem", problem);
            passed++;
            return type.cast(problem);
        }
        throw new AssertionError("no " + type.getName());
    }

    private static final float[] X = {0, 0, 0, 1, 1, 0, 1, 1}, T = {0, 1, 1, 0};

    private static Targets targets() {
        return new Targets().values(T).rows(4).columns(1).stride(1);
    }

    private static Network network() {
        var network = Network.create(2);
        network.addDense(8, Activation.TANH, new LayerOptions().name("hidden"));
        network.addDense(1, Activation.SIGMOID);
        network.build(1);
        return network;
    }

    public static void main(String[] arguments) throws Exception {
        holds("the version", Chainrule.version() == Chainrule.VERSION && Chainrule.versionString().startsWith("0."));
        training();
        results();
        lists();
        files();
        errors();
        callbacks();
        closing();
        System.out.println(passed + " passed, 0 failed");
    }

    private static TrainOptions options() {
        // Structures keep what they point to.
        return new TrainOptions().cost(new CostOptions().kind(CostKind.BINARY_CROSS_ENTROPY)).epochs(2000);
    }

    private static void training() throws InterruptedException {
        try (var network = network()) {
            var costs = new ArrayList<Double>();
            var options = options().onEpoch(epoch -> {
                costs.add(epoch.cost());
                return 0;
            });
            System.gc();
            network.fit(X, 4, 2, targets(), null, options);
            var y = new float[4];
            network.predict(X, 4, 2, y, 4, 1);
            for (int i = 0; i < 4; i++) holds("it has learnt", Math.abs(y[i] - T[i]) < 0.2);
            holds("it was told of each epoch", costs.size() == 2000 && costs.get(1999) < costs.get(0) / 10);

            // Memory outside Java's heap, which is not copied; and another thread.
            var arena = Arena.ofShared();
            var x = arena.allocateFrom(JAVA_FLOAT, X);
            var inPlace = arena.allocate(JAVA_FLOAT, 4);
            var thread = new Thread(() -> network.predict(x, 4, 2, inPlace, 4, 1));
            thread.start();
            thread.join();
            holds("the same", Arrays.equals(inPlace.toArray(JAVA_FLOAT), y));
            var gone = targets().values(inPlace);
            arena.close();
            thrown(IllegalStateException.class, () -> network.fit(X, 4, 2, gone));
            thrown(IllegalStateException.class, () -> network.predict(x, 4, 2, MemorySegment.ofArray(y), 4, 1));
        }
    }

    private static void results() {
        try (var network = network(); var predictor = Predictor.create(network, Precision.INT8)) {
            holds("a number", network.inputSize() == 2 && network.layerCount() == 2);
            holds("an enumerator", predictor.precision() == Precision.INT8);
            holds("a string", network.layerInput(1, 0).equals("hidden"));
            var layer = network.layer(1);
            holds("a structure", layer.units() == 1 && layer.activation() == Activation.SIGMOID);
            var parameters = network.parameters();
            holds("a pointer and its count", parameters.byteSize() == 4 * 33 && parameters.get(JAVA_FLOAT, 0) != 0);
            holds("nothing", network.state() == null);
            var gradient = new float[33];
            double cost = network.valueAndGradient(null, X, 4, 2, targets(), gradient);
            holds("a cost and its gradient", cost > 0 && gradient[0] != 0);
            var counts = network.onnxCount();
            holds("two numbers", counts.inputs() == 0 && counts.outputs() == 0);
            var rate = new float[] {0.5f};
            Chainrule.plateauRate(new ScheduleOptions().kind(ScheduleKind.PLATEAU), new PlateauState(), 1, rate);
            holds("a number that is read and written", rate[0] == 0.5f);
            var confusion = MemorySegment.ofArray(new double[4]);
            var two = new Targets().classes(0, 1, 1, 0);
            var metrics = network.evaluate(null, MemorySegment.ofArray(X), 4, 2, targets(), 1, null);
            holds("metrics", metrics.rows() == 4 && metrics.cost() > 0);
            thrown(ChainruleException.class, () -> network.evaluate(null, X, 4, 2, two, 1, confusion));
            holds("a list and its count", two.classesCount() == 4 && two.classes().getAtIndex(JAVA_INT, 1) == 1);
            var initializer = new LayerOptions();
            initializer.weightInitializer().kind(InitializerKind.CONSTANT).a(2);
            holds("a structure within", initializer.weightInitializer().a() == 2);
        }
    }

    private static void recipe() {
        try (var network = network()) {
            thrown(ChainruleException.class, () -> network.recipe(null));
            network.setRecipe(options());
            // What its structures point to stays.
            var options = network.recipe(null).options();
            System.gc();
            holds("a recipe", options.epochs() == 2000 && options.cost().kind() == CostKind.BINARY_CROSS_ENTROPY);
            network.fit(X, 4, 2, targets(), null, options.epochs(1));
        }
    }

    private static void lists() {
        try (var network = Network.create(6)) {
            network.addReshape(new long[] {3, 2}, new LayerOptions().name("grid"));
            network.addSlice(new long[] {0, 0}, new long[] {3, 1}, new LayerOptions().name("a"));
            network.addSlice(new long[] {0, 1}, new long[] {3, 2}, new LayerOptions().name("b").input("grid"));
            thrown(IllegalArgumentException.class, () -> network.addSlice(new long[2], new long[1]));
            network.addSum(List.of("a", "b"));
            network.build(1);
            holds("the sum", network.outputSize() == 3);
            holds("the shape", Arrays.equals(network.layerShape(0), new long[] {3, 2}));
        }
        try (var network = Network.create(36)) {
            network.addReshape(new long[] {6, 6, 1});
            var window = new Window();
            window.kernel().first(3).second(3);
            network.addConvolution(2, Activation.RELU, window, 1);
            network.build(1);
            holds("a window", network.layerWindow(1).kernel().second() == 3 && network.outputSize() == 32);
        }
        recipe();
    }

    private static void files() throws Exception {
        try (var network = network()) {
            network.setMetadata("author", "Zoë");
            var bytes = network.saveToMemory();
            try (var loaded = Network.loadFromMemory(bytes, 0)) {
                holds("text", loaded.metadata("author").equals("Zoë"));
                var pair = loaded.metadataAt(0);
                holds("two texts", pair.key().equals("author") && pair.value().equals("Zoë"));
                holds("the same file", Arrays.equals(loaded.saveToMemory(), bytes));
            }
            var written = new ByteArrayOutputStream();
            network.saveToCallback((data, count) -> {
                written.write(data.asSlice(0, count).toArray(JAVA_BYTE));
                return 0;
            });
            holds("the file by a callback", Arrays.equals(written.toByteArray(), bytes));
            int[] at = {0};
            try (var loaded = Network.loadFromCallback((into, capacity, count) -> {
                int few = (int) Math.min(Math.min(capacity, 100), bytes.length - at[0]);
                MemorySegment.copy(bytes, at[0], into, JAVA_BYTE, 0, few);
                at[0] += few;
                count.set(JAVA_LONG, 0, few);
                return 0;
            }, 0)) {
                holds("the network by a callback", loaded.layerCount() == 2);
            }
        }
    }

    private static void errors() {
        try (var network = network()) {
            var error = thrown(ChainruleException.class, () -> network.addDense(1, Activation.TANH));
            holds("its kind", error.status() == Status.ERROR_ALREADY_BUILT);
            holds("its message", error.getMessage().startsWith("CRL_ERROR_ALREADY_BUILT: crl_network_add_dense"));
            var nothing = thrown(ChainruleException.class, () -> network.fit(X, 4, 2, null));
            holds("NULL", nothing.status() == Status.ERROR_NULL);
            var missing = thrown(ChainruleException.class, () -> Network.load("/nowhere"));
            holds("a file", missing.status() == Status.ERROR_FILE && missing.getMessage().contains("/nowhere"));
            holds("an unknown enumerator", Activation.of(99) == null);
        }
    }

    private static void callbacks() {
        try (var network = network()) {
            var written = new IOException("the disk is full");
            holds("what it throws", written == thrown(IOException.class, () -> network.saveToCallback((data, count) -> {
                throw written;
            })));
            // A call within a call: each has its own.
            var inner = thrown(ChainruleException.class,
                () -> network.fit(X, 4, 2, targets(), null, options().onEpoch(epoch -> {
                    thrown(IOException.class, () -> network.saveToCallback((data, count) -> {
                        throw new IOException();
                    }));
                    network.predict(X, 4, 3, new float[1], 2, 1);
                    return 0;
                })));
            holds("the inner message", inner.getMessage().contains("crl_network_predict"));
            var stopped = thrown(ChainruleException.class,
                () -> network.fit(X, 4, 2, targets(), null, options().onEpoch(epoch -> 1)));
            holds("it stops", stopped.status() == Status.CANCELLED);
            // It can be used again.
            network.predict(X, 4, 2, new float[4], 4, 1);
        }
        // Threads of the library call it, too.
        try (var network = Network.create(2)) {
            network.addDense(500, Activation.CUSTOM, new LayerOptions().function((z, h, rows, columns) -> {
                throw new ArithmeticException("no such number");
            }).derivative((z, h, derivative, rows, columns) -> 0));
            network.addDense(1, Activation.IDENTITY);
            network.build(1);
            var x = new float[2 * 4096];
            var t = new Targets().values(new float[4096]).rows(4096).columns(1).stride(1);
            for (long threads = 1; threads <= 4; threads++) {
                var options = new TrainOptions().threads(threads).batchSize(4096).epochs(1);
                thrown(ArithmeticException.class, () -> network.fit(x, 4096, 2, t, null, options));
            }
        }
        try (var network = network(); var cancel = Cancel.create(() -> {
            throw new InterruptedException();
        })) {
            Cancel.watch(cancel);
            var endless = options().epochs(10_000_000);
            thrown(InterruptedException.class, () -> network.fit(X, 4, 2, targets(), null, endless));
            Cancel.watch();
        }
        // A custom cost: half the squares.
        try (var network = network()) {
            var cost = new CostOptions().kind(CostKind.CUSTOM);
            cost.function((y, t, weights, rows, columns, targetColumns, c, g) -> {
                double sum = 0;
                for (long i = 0; i < rows * columns; i++) {
                    float difference = y.getAtIndex(JAVA_FLOAT, i) - t.getAtIndex(JAVA_FLOAT, i);
                    sum += difference * difference / 2;
                    if (g != null) g.setAtIndex(JAVA_FLOAT, i, difference / rows);
                }
                c.set(JAVA_DOUBLE, 0, sum / rows);
                return 0;
            });
            var y = new float[4];
            network.predict(X, 4, 2, y, 4, 1);
            double expected = 0;
            for (int i = 0; i < 4; i++) expected += (y[i] - T[i]) * (y[i] - T[i]) / 8;
            holds("its cost", Math.abs(network.evaluate(cost, X, 4, 2, targets(), 1).cost() - expected) < 1e-6);
        }
    }

    private static void closing() throws Exception {
        var network = network();
        var parameters = network.parameters();
        var optimizer = Optimizer.create(network);
        var options = options().optimizer(optimizer);
        optimizer.close();
        thrown(IllegalStateException.class, () -> network.fit(X, 4, 2, targets(), null, options));
        // Not while it works.
        thrown(IllegalStateException.class, () -> network.fit(X, 4, 2, targets(), null, options().onEpoch(epoch -> {
            network.close();
            return 0;
        })));
        holds("it is open", network.layerCount() == 2);
        network.close();
        network.close();
        thrown(IllegalStateException.class, () -> network.layerCount());
        thrown(IllegalStateException.class, () -> network.predict(X, 4, 2, new float[4], 4, 1));
        thrown(IllegalStateException.class, () -> parameters.get(JAVA_FLOAT, 0));
        thrown(IllegalStateException.class, () -> Predictor.create(network, Precision.FLOAT32));
    }
}
