// Trains a network to read handwritten digits, in Java, saves it, loads it, and reads what it has not seen.
//
//     javac -d build/java bindings/java/chainrule/Chainrule.java Examples/Digits.java
//     java --enable-native-access=ALL-UNNAMED -Dchainrule.library=build/lib/libchainrule.so -cp build/java \
//         Digits Examples/data/digits.csv
import chainrule.Chainrule.*;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

final class Digits {
    private static final int PIXELS = 64, CLASSES = 10;

    /** Images, one after the other, and what they show. */
    private record Images(float[] x, int[] digits) {
        Targets targets() {
            return new Targets().classes(digits);
        }

        int count() {
            return digits.length;
        }
    }

    /** Every fourth image of each digit is held out. */
    private static Images read(Path file, boolean heldOut) throws IOException {
        var seen = new int[CLASSES];
        var rows = Files.readAllLines(file).stream()
            .map(line -> Arrays.stream(line.split(",")).mapToInt(Integer::parseInt).toArray())
            .filter(row -> (++seen[row[PIXELS]] % 4 == 0) == heldOut)
            .toList();
        var x = new float[rows.size() * PIXELS];
        for (int i = 0; i < x.length; i++) x[i] = rows.get(i / PIXELS)[i % PIXELS] / 16f;
        return new Images(x, rows.stream().mapToInt(row -> row[PIXELS]).toArray());
    }

    private static void train(Images images, String file) {
        try (var network = Network.create(PIXELS)) {
            network.addDense(100, Activation.RELU);
            network.addDense(CLASSES, Activation.IDENTITY); // logits: the cost takes their softmax
            network.build(1);
            try (var optimizer = Optimizer.create(network, new OptimizerOptions().learningRate(0.003f))) {
                network.fit(images.x, images.count(), PIXELS, images.targets(), null, new TrainOptions()
                    .cost(new CostOptions().kind(CostKind.CROSS_ENTROPY))
                    .optimizer(optimizer)
                    .epochs(30)
                    .seed(1)
                    .onEpoch(epoch -> {
                        if (epoch.epoch() % 10 == 0)
                            System.out.printf("epoch %d: cost %.4f%n", epoch.epoch(), epoch.cost());
                        return 0;
                    }));
            }
            network.save(file);
        }
    }

    /** How many images it reads right. */
    private static int right(Images images, String file) {
        var logits = new float[images.count() * CLASSES];
        try (var network = Network.load(file); var predictor = Predictor.create(network, Precision.FLOAT32)) {
            predictor.predict(images.x, images.count(), PIXELS, logits, images.count(), CLASSES);
        }
        int right = 0;
        for (int i = 0; i < images.count(); i++) {
            int answer = 0;
            for (int digit = 1; digit < CLASSES; digit++)
                if (logits[i * CLASSES + digit] > logits[i * CLASSES + answer]) answer = digit;
            if (answer == images.digits[i]) right++;
        }
        return right;
    }

    public static void main(String[] arguments) throws IOException {
        var data = Path.of(arguments[0]);
        var heldOut = read(data, true);
        var file = Files.createTempFile("digits", ".safetensors");
        try {
            train(read(data, false), file.toString());
            int right = right(heldOut, file.toString());
            double share = 100.0 * right / heldOut.count();
            System.out.printf("%.2f %% of %d digits that it has not seen%n", share, heldOut.count());
            if (share < 97) throw new AssertionError("the network has not learnt to read");
        } finally {
            Files.delete(file);
        }
    }
}
