internal import Foundation
package import Serving

/// What every chunk of one reply says of itself.
package struct ReplyIdentity: Sendable {
    /// Such as `chatcmpl-` and 24 random characters.
    package var id: String
    /// When the reply was begun, in seconds since 1970.
    package var created: Int
    package var model: String
    package var fingerprint: String

    package init(id: String, created: Int, model: String, fingerprint: String) {
        self.id = id
        self.created = created
        self.model = model
        self.fingerprint = fingerprint
    }

    /// A new identity with a random id, for the reply of a stream.
    package init(prefix: String, of stream: some ReplyStream) {
        self.init(
            id: prefix + Self.randomText(), created: Int(Date().timeIntervalSince1970), model: stream.model.name,
            fingerprint: stream.model.fingerprint)
    }

    /// 24 random characters, for ids.
    package static func randomText() -> String {
        let digits = Array("0123456789abcdefghijklmnopqrstuvwxyz")
        return String((0..<24).map { _ in digits[Int.random(in: digits.indices)] })
    }
}
