"""What the `tokenizers` library (Rust, 0.23.2) makes of the characters of Unicode, as digests: python3 make_unicode.py > fixtures/unicode.json
Needs: pip install --no-deps tokenizers==0.23.2"""
import hashlib, json
from tokenizers import Regex, normalizers as N, pre_tokenizers as P

# planes 0 and 1, and what has decompositions or categories of its own beyond them; ideographs are alike
characters = [c for c in range(0xE0200) if (c < 0x20000 and not 0xD800 <= c < 0xE000) or 0x2A6C0 <= c < 0x2A740 or 0x2B720 <= c < 0x2B760 or 0x2F7F0 <= c < 0x2FA30 or c >= 0xE0000]
digest = lambda text: hashlib.sha256(text.encode()).hexdigest()

normalizers = {
    'NFC': N.NFC(), 'NFD': N.NFD(), 'NFKC': N.NFKC(), 'NFKD': N.NFKD(), 'StripAccents': N.StripAccents(),
    'BertClean': N.BertNormalizer(True, False, False, False), 'BertAccents': N.BertNormalizer(False, False, True, False),
}

# sequences in which what combines meets what does not yet: the same numbers as in the test
pool = [0x61, 0x45, 0x300, 0x323, 0x897, 0x1ACF, 0x8D4, 0x1DFA, 0x301, 0x11938, 0x105D2, 0x307, 0xAC00, 0x11A8, 0x16D67, 0x113C5, 0x1E08F, 0xFDFA, 0x212B, 0x345, 0x1611E, 0x16129]
state = 1
def following(below):
    global state
    state = state * 16807 % 2147483647
    return state % below
sequences = [''.join(chr(pool[following(len(pool))]) for _ in range(6)) for _ in range(2000)]

out = {'normal': {}, 'sequences': {}, 'classes': {}}
for name, one in normalizers.items():
    out['normal'][name] = digest('\n'.join(one.normalize_str(chr(c)) for c in characters))
    out['sequences'][name] = digest('\n'.join(one.normalize_str(text) for text in sequences))
cut = lambda pattern: P.Split(Regex(pattern), 'removed')
for name in ['L', 'Lu', 'Ll', 'Lm', 'Lo', 'M', 'N', 'P', 'S']:
    one = cut(r'\p{%s}' % name)
    held = [c for c in characters if len(one.pre_tokenize_str('\x01' + chr(c) + '\x01')) != 1]
    out['classes'][name] = digest(','.join(map(str, held)))
bert = P.BertPreTokenizer()
out['classes']['punctuation'] = digest(','.join(str(c) for c in characters if len(bert.pre_tokenize_str('a' + chr(c) + 'a')) == 3))
print(json.dumps(out, indent=1))
