internal import Glibc

/// An address of the internet as a number. An IPv4 address in IPv6's clothes is the IPv4 address.
public struct NumericAddress: Sendable, Hashable {
    private let isIPv4: Bool
    /// The first and the last eight bytes; of an IPv4 address the last four.
    private let high: UInt64
    private let low: UInt64

    /// Reads `192.0.2.1` or `2001:db8::1`; nil for any other text.
    public init?(_ text: some StringProtocol) {
        var bytes = [UInt8](repeating: 0, count: 16)
        let text = String(text)
        // A zero would end it for the system, whatever stands behind.
        guard !text.utf8.contains(0) else { return nil }
        if unsafe inet_pton(AF_INET, text, &bytes) == 1 {
            self.init(isIPv4: true, high: 0, low: Self.number(bytes[..<4]))
        } else if unsafe inet_pton(AF_INET6, text, &bytes) == 1 {
            let (high, low) = (Self.number(bytes[..<8]), Self.number(bytes[8...]))
            let isMapped = high == 0 && low >> 32 == 0xFFFF
            self.init(isIPv4: isMapped, high: high, low: isMapped ? low & 0xFFFF_FFFF : low)
        } else {
            return nil
        }
    }

    private init(isIPv4: Bool, high: UInt64, low: UInt64) {
        self.isIPv4 = isIPv4
        self.high = high
        self.low = low
    }

    /// The addresses that one subscriber has, for all that is known: of IPv6 the whole network of 64 bits.
    package var subscriber: NumericAddress { isIPv4 ? self : first(64) }

    /// The address with its first bits alone.
    private func first(_ count: Int) -> NumericAddress {
        func mask(_ bits: Int) -> UInt64 { bits <= 0 ? 0 : bits >= 64 ? .max : ~(.max >> UInt64(bits)) }
        guard !isIPv4 else {
            return NumericAddress(isIPv4: true, high: 0, low: low & (mask(count + 32) & 0xFFFF_FFFF))
        }
        return NumericAddress(isIPv4: false, high: high & mask(count), low: low & mask(count - 64))
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension NumericAddress {
    /// All addresses that begin alike, as `192.0.2.0/24` names them, or a single one.
    public struct Network: Sendable, Hashable {
        private let first: NumericAddress
        private let bitCount: Int

        /// Nil for a text that names none.
        public init?(_ text: some StringProtocol) {
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first, let address = NumericAddress(name) else { return nil }
            let most = address.isIPv4 ? 32 : 128
            guard let count = parts.count == 2 ? Int(parts[1]) : most, 0...most ~= count else { return nil }
            first = address.first(count)
            bitCount = count
        }

        /// Whether an address is one of these.
        package func contains(_ address: NumericAddress) -> Bool {
            address.isIPv4 == first.isIPv4 && address.first(bitCount) == first
        }
    }
}
