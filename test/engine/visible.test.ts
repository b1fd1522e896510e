import { describe, expect, it } from "vitest";
import { visibleName, visibleText } from "../../src/engine/visible.ts";

describe("visible text", () => {
  it.each([
    ["bidi override", "abc\u202edef", "abc\\u{202E}def"],
    ["isolates", "\u2066a\u2069", "\\u{2066}a\\u{2069}"],
    ["zero width", "pro\u200bduc\ufefftion", "pro\\u{200B}duc\\u{FEFF}tion"],
    ["control", "a\u0000\u001b[31m\u0085", "a\\u{0}\\u{1B}[31m\\u{85}"],
    ["line breaks", "a\nb\tc\r\u2028", "a\\u{A}b\\u{9}c\\u{D}\\u{2028}"],
    ["fillers", "a\u3164b\u2800c\u034f", "a\\u{3164}b\\u{2800}c\\u{34F}"],
    ["tags", "a\u{e0041}", "a\\u{E0041}"],
    ["thin spaces", "a\u200ab", "a\\u{200A}b"],
    ["half a character", "a\ud800b", "a\\u{D800}b"],
    ["private use", "\ue000", "\\u{E000}"],
    ["soft hyphen", "pass\u00adword", "pass\\u{AD}word"],
    ["variation selectors on letters", "a\ufe0f\u{e0101}", "a\\u{FE0F}\\u{E0101}"],
  ])("shows %s", (_, text, shown) => expect(visibleText(text)).toBe(shown));

  it.each(["plain ~ text", "naïve café", "日本語　テスト", "שלום", "a\u00a0b", "❤\ufe0f 😀"])(
    "leaves %j as it is",
    (text) => {
      expect(visibleText(text)).toBe(text);
    },
  );

  it("keeps line feeds and tabs where asked, and still shows the rest", () => {
    expect(visibleText("a\n\tb\r\u202e", { keepLines: true })).toBe("a\n\tb\\u{D}\\u{202E}");
  });

  it("cuts names from outside", () => {
    expect(visibleName("a\nb")).toBe("a\\u{A}b");
    expect(visibleName("x".repeat(64))).toBe("x".repeat(64));
    expect(visibleName("x".repeat(65))).toBe(`${"x".repeat(64)}...`);
  });
});
