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

  it.each([
    ["Cyrillic", "p\u0430ym\u0435nts", "p\\u{430}ym\\u{435}nts"],
    ["Greek", "\u039frders", "\\u{39F}rders"],
    ["Armenian", "u\u057ders", "u\\u{57D}ers"],
    ["Cherokee", "\u13a0rop", "\\u{13A0}rop"],
    ["letters beside digits and underscores", "v1_pr\u043ed", "v1_pr\\u{43E}d"],
    ["letters behind invisible ones", "pr\u200b\u043ed", "pr\\u{200B}\\u{43E}d"],
    ["accented letters", "caf\u00e9\u0430", "caf\u00e9\\u{430}"],
  ])("shows %s in a Latin word", (_, text, shown) => expect(visibleText(text)).toBe(shown));

  it.each(["платежи прод", "сервис api", "IT-отдел", "αβγ", "本番環境のapi", "µs", "Ελλάδα, Athens", "서비스api"])(
    "leaves %j, where no word mixes alphabets that look alike",
    (text) => expect(visibleText(text)).toBe(text),
  );

  it.each([
    ["spaces", `a${" ".repeat(3000)}b`, "a\\u{20x3000}b"],
    ["nine spaces", `a${" ".repeat(9)}5`, "a\\u{20x9}5"],
    ["other blanks", `a${"\u00a0".repeat(12)}b${"\u3000".repeat(9)}`, "a\\u{A0x12}b\\u{3000x9}"],
    ["mixed blanks", `a${" \u00a0".repeat(50)}b`, "a\\u{20x50}\\u{A0x50}b"],
    ["blanks at the end", `a${" ".repeat(9)}`, "a\\u{20x9}"],
  ])("counts %s where asked", (_, text, shown) => {
    expect(visibleText(text, { countBlanks: true })).toBe(shown);
    expect(visibleText(text, { countBlanks: true, keepLines: true })).toBe(shown);
    expect(visibleText(text)).toBe(text);
  });

  it("counts line feeds that are kept, also with blanks between", () => {
    const lines = (text: string) => visibleText(text, { countBlanks: true, keepLines: true });
    expect(lines("a\n\n\nb")).toBe("a\n\n\nb");
    expect(lines(`a${"\n".repeat(4)}b`)).toBe("a\n\\u{Ax4}\nb");
    expect(lines(`a${"\n \t".repeat(400)}\nb`)).toBe("a\n\\u{Ax401}\\u{20x400}\\u{9x400}\nb");
  });

  it("leaves eight blanks, and the indentation of kept lines up to forty", () => {
    const indented = `${" ".repeat(40)}a\n${" ".repeat(40)}b\n\t\t\t\t\t\t\t\t\t\tc${" ".repeat(8)}d`;
    expect(visibleText(indented, { countBlanks: true, keepLines: true })).toBe(indented);
    expect(visibleText(`${" ".repeat(41)}a`, { countBlanks: true, keepLines: true })).toBe("\\u{20x41}a");
    expect(visibleText(`${" ".repeat(9)}a`, { countBlanks: true })).toBe("\\u{20x9}a");
  });

  it("keeps line feeds and tabs where asked, and still shows the rest", () => {
    expect(visibleText("a\n\tb\r\u202e", { keepLines: true })).toBe("a\n\tb\\u{D}\\u{202E}");
  });

  it("cuts names from outside", () => {
    expect(visibleName("a\nb")).toBe("a\\u{A}b");
    expect(visibleName("x".repeat(64))).toBe("x".repeat(64));
    expect(visibleName("x".repeat(65))).toBe(`${"x".repeat(64)}...`);
  });
});
