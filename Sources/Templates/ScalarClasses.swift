extension Unicode.Scalar {
    /// What Python's str.isspace and `\s` call white space.
    var isPythonSpace: Bool {
        switch value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0: true
        case 0..<0x80: false
        default: properties.generalCategory == .spaceSeparator || value == 0x2028 || value == 0x2029
        }
    }

    /// What Python's str.splitlines breaks at.
    var isPythonLineBreak: Bool {
        switch value {
        case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    /// What `\w` matches: letters, digits and the underscore.
    var isNamePart: Bool {
        if isASCII {
            return ("a"..."z").contains(self) || ("A"..."Z").contains(self) || ("0"..."9").contains(self) || self == "_"
        }
        return isPythonAlphanumeric
    }

    /// What Python's str.isalpha accepts.
    var isPythonAlphabetic: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    /// What Python's str.isalnum accepts.
    var isPythonAlphanumeric: Bool {
        isPythonAlphabetic || properties.numericType != nil
    }

    /// The ASCII digit of the same value as a decimal digit of any script.
    var decimalDigit: Unicode.Scalar? {
        guard properties.numericType == .decimal, let value = properties.numericValue else { return nil }
        return Unicode.Scalar(UInt8(48 + value))
    }

    /// The lower case of an ASCII letter; others stay.
    var lowercaseASCII: Unicode.Scalar {
        ("A"..."Z").contains(self) ? Unicode.Scalar(UInt8(value) + 32) : self
    }

    /// What Python's str.isprintable accepts and repr leaves as it is.
    var isPythonPrintable: Bool {
        if isASCII {
            return value >= 0x20 && value < 0x7F
        }
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }
}
