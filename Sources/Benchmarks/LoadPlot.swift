/// Draws rates and latencies over the number of clients: three panels side by side, as SVG.
struct LoadPlot {
    private let results: [LoadResult]

    private struct Curve {
        var name: String
        var color: String
        var values: [Double]
    }

    private static let panelWidth = 320.0
    private static let height = 260.0
    private static let margin = (left: 52.0, right: 14.0, top: 34.0, bottom: 40.0)

    init(_ results: [LoadResult]) {
        self.results = results.sorted { $0.clientCount < $1.clientCount }
    }

    var svg: String {
        let rate = [Curve(name: "tokens/s", color: "#2a6fdb", values: results.map(\.tokensPerSecond))]
        let panels = [
            panel(0, "tokens per second, together", rate),
            panel(1, "seconds to the first token", latencies { $0.firstToken }, scale: 1),
            panel(2, "milliseconds between tokens", latencies { $0.betweenTokens }, scale: 1000),
        ]
        let width = Self.panelWidth * 3
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Decimals.text(width, 0)) \
            \(Decimals.text(Self.height, 0))" font-family="sans-serif" font-size="11">
            <rect width="100%" height="100%" fill="#ffffff"/>
            \(panels.joined(separator: "\n"))
            </svg>

            """
    }

    private func latencies(_ of: (LoadResult) -> Distribution) -> [Curve] {
        [("p50", 0.5, "#2a6fdb"), ("p95", 0.95, "#d97a1e"), ("p99", 0.99, "#b3303c")].map { name, part, color in
            Curve(name: name, color: color, values: results.map { of($0).percentile(part) })
        }
    }

    private func panel(_ index: Int, _ title: String, _ curves: [Curve], scale: Double = 1) -> String {
        let values = curves.flatMap(\.values).filter(\.isFinite)
        let top = Self.roundedUp((values.max() ?? 0) * scale)
        let left = Double(index) * Self.panelWidth + Self.margin.left
        let right = Double(index + 1) * Self.panelWidth - Self.margin.right
        let bottom = Self.height - Self.margin.bottom
        func x(_ place: Int) -> Double {
            results.count < 2 ? (left + right) / 2 : left + (right - left) * Double(place) / Double(results.count - 1)
        }
        func y(_ value: Double) -> Double { bottom - (bottom - Self.margin.top) * value / top }
        var parts = [text(left, 18, title, anchor: "start", weight: "bold")]
        for step in 0...4 {
            let value = top * Double(step) / 4
            parts.append(line(left, y(value), right, y(value), color: "#dddddd"))
            parts.append(text(left - 6, y(value) + 4, Decimals.text(value, top < 10 ? 2 : 0), anchor: "end"))
        }
        for (place, result) in results.enumerated() {
            parts.append(text(x(place), bottom + 16, "\(result.clientCount)", anchor: "middle"))
        }
        parts.append(text((left + right) / 2, bottom + 32, "clients", anchor: "middle"))
        for (number, curve) in curves.enumerated() {
            let points = curve.values.enumerated().filter { $0.element.isFinite }.map { place, value in
                "\(Decimals.text(x(place), 1)),\(Decimals.text(y(value * scale), 1))"
            }
            parts.append(
                "<polyline points=\"\(points.joined(separator: " "))\" fill=\"none\" stroke=\"\(curve.color)\" "
                    + "stroke-width=\"2\"/>")
            if curves.count > 1 {
                let place = left + 8 + Double(number) * 44
                parts.append(text(place, Self.margin.top + 12, curve.name, anchor: "start", color: curve.color))
            }
        }
        return parts.joined(separator: "\n")
    }

    private func text(
        _ x: Double, _ y: Double, _ text: String, anchor: String, weight: String = "normal", color: String = "#222222"
    ) -> String {
        "<text x=\"\(Decimals.text(x, 1))\" y=\"\(Decimals.text(y, 1))\" text-anchor=\"\(anchor)\" "
            + "font-weight=\"\(weight)\" fill=\"\(color)\">\(text)</text>"
    }

    private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, color: String) -> String {
        "<line x1=\"\(Decimals.text(x1, 1))\" y1=\"\(Decimals.text(y1, 1))\" x2=\"\(Decimals.text(x2, 1))\" "
            + "y2=\"\(Decimals.text(y2, 1))\" stroke=\"\(color)\"/>"
    }

    /// The next of 1, 2, 4, 5 or 8 times a power of ten, so that quarters are readable.
    private static func roundedUp(_ value: Double) -> Double {
        guard value > 0, value.isFinite else { return 1 }
        var power = 1.0
        while power > value { power /= 10 }
        while power * 10 <= value { power *= 10 }
        return [1, 2, 4, 5, 8, 10].map { $0 * power }.first { $0 >= value } ?? power * 10
    }
}
