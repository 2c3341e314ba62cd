import Sampling
import Testing

/// Probabilities that transformers' logits processors leave, applied in the order of their own `generate`.
struct HuggingFaceCase: CustomTestStringConvertible {
    var name: String
    var parameters: SamplingParameters
    var tokens = Self.history
    var promptCount = 5
    var probabilities: [Double]

    var testDescription: String { name }

    static let history = [13, 18, 8, 3, 22, 15, 16, 11, 9]

    static let logits: [Float] = [
        -0.1533, 0.7198, -1.564, 0.1431, 1.3297, -0.5736, 3.2411, -3.1934,
        0.8092, 1.2226, 1.5208, -0.0673, -0.6897, 0.9873, -0.1552, -3.6107,
        0.9702, 0.4105, 0.6769, 2.7055, 0.7473, 0.0268, 1.5473, -0.2185,
    ]

    static let all: [HuggingFaceCase] = [
        HuggingFaceCase(
            name: "temperature", parameters: SamplingParameters(temperature: 0.6),
            probabilities: [
                0.001998941, 0.008565858, 0.0001904151, 0.003275982, 0.02367179, 0.0009921487, 0.5724645, 1.259803e-05,
                0.009942159, 0.01980203, 0.03255022, 0.002307007, 0.0008175998, 0.01337808, 0.001992621, 6.28421e-06,
                0.01300219, 0.005115547, 0.007974782, 0.2344597, 0.008967596, 0.002698738, 0.03402007, 0.001793109,
            ]),
        HuggingFaceCase(
            name: "hot", parameters: SamplingParameters(temperature: 1.8),
            probabilities: [
                0.02419872, 0.03930515, 0.01105163, 0.0285303, 0.05515728, 0.01915952, 0.1595054, 0.004469852,
                0.04130659, 0.05197115, 0.0613353, 0.02538295, 0.01796274, 0.04560268, 0.02417319, 0.003544943,
                0.04517151, 0.03309963, 0.03837945, 0.1184537, 0.03991025, 0.02674521, 0.06224496, 0.02333788,
            ]),
        HuggingFaceCase(
            name: "topK", parameters: SamplingParameters(topK: 5),
            probabilities: [
                0, 0, 0, 0, 0.07054941, 0, 0.477094, 0,
                0, 0, 0.08540575, 0, 0, 0, 0, 0,
                0, 0, 0, 0.2792516, 0, 0, 0.08769925, 0,
            ]),
        HuggingFaceCase(
            name: "topP", parameters: SamplingParameters(topP: 0.8),
            probabilities: [
                0, 0, 0, 0, 0.05856443, 0, 0.3960449, 0,
                0.03480035, 0.05261638, 0.07089696, 0, 0, 0.0415845, 0, 0,
                0.04087945, 0, 0, 0.2318122, 0, 0, 0.07280084, 0,
            ]),
        HuggingFaceCase(
            name: "minP", parameters: SamplingParameters(minP: 0.1),
            probabilities: [
                0, 0, 0, 0, 0.06067598, 0, 0.4103243, 0,
                0, 0.05451347, 0.07345315, 0, 0, 0.04308383, 0, 0,
                0.04235336, 0, 0, 0.2401702, 0, 0, 0.07542568, 0,
            ]),
        HuggingFaceCase(
            name: "thinking defaults", parameters: SamplingParameters(temperature: 0.6, topP: 0.95, topK: 20),
            probabilities: [
                0, 0, 0, 0, 0.02483166, 0, 0.600514, 0,
                0.0104293, 0.02077228, 0.03414511, 0, 0, 0.01403358, 0, 0,
                0.01363927, 0, 0, 0.2459478, 0, 0, 0.03568699, 0,
            ]),
        HuggingFaceCase(
            name: "non-thinking defaults", parameters: SamplingParameters(temperature: 0.7, topP: 0.8, topK: 20),
            probabilities: [
                0, 0, 0, 0, 0, 0, 0.6098093, 0,
                0, 0, 0.05222569, 0, 0, 0, 0, 0,
                0, 0, 0, 0.2837243, 0, 0, 0.0542407, 0,
            ]),
        HuggingFaceCase(
            name: "all filters", parameters: SamplingParameters(temperature: 1.2, topP: 0.9, topK: 12, minP: 0.05),
            probabilities: [
                0, 0, 0, 0, 0.06619299, 0, 0.3255148, 0,
                0.04289797, 0.06054123, 0.07761996, 0, 0, 0.04976148, 0, 0,
                0.04905741, 0, 0, 0.2083198, 0.04074126, 0, 0.07935313, 0,
            ]),
        HuggingFaceCase(
            name: "repetition", parameters: SamplingParameters(repetitionPenalty: 1.3),
            probabilities: [
                0.01142358, 0.02735173, 0.002787039, 0.0148657, 0.05033394, 0.007503576, 0.3403858, 0.0005463911,
                0.02481483, 0.03410491, 0.06093329, 0.01220066, 0.00668108, 0.02845834, 0.0114019, 0.0001218542,
                0.02808646, 0.02007509, 0.02241369, 0.1992339, 0.02811434, 0.01367788, 0.04378146, 0.01070253,
            ]),
        HuggingFaceCase(
            name: "repetition with all filters",
            parameters: SamplingParameters(temperature: 0.9, topP: 0.9, topK: 10, minP: 0.02, repetitionPenalty: 1.5),
            probabilities: [
                0, 0, 0, 0, 0.05876372, 0, 0.4914217, 0,
                0, 0.03317212, 0.07266486, 0, 0, 0, 0, 0,
                0, 0, 0, 0.2710196, 0.0307661, 0, 0.0421919, 0,
            ]),
        HuggingFaceCase(
            name: "encouraged repetition", parameters: SamplingParameters(topP: 0.7, repetitionPenalty: 0.7),
            probabilities: [
                0, 0, 0, 0, 0, 0, 0.3990809, 0,
                0, 0.08953552, 0.07144043, 0, 0, 0.06397501, 0, 0,
                0, 0, 0, 0.2335892, 0, 0, 0.142379, 0,
            ]),
    ]
}
