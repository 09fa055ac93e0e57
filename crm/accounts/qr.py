"""A QR code of some text as rows of dark and light (ISO/IEC 18004: bytes, level M).

Drawn here, so that a secret goes to nobody who would draw it for us.
"""

from collections.abc import Iterator

# For versions 1 to 20, level M: error correction bytes of a block, and the number of blocks.
_ECC = (10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26)
_BLOCKS = (1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16)
_LEVEL_M = 0b00
Grid = list[list[bool]]


class TooLong(ValueError):
    """The text does not fit into the versions that are known here."""


def make_qr(text: str, mask: int | None = None) -> Grid:
    """Return the modules of a code, row by row; True is dark. Without the quiet zone."""
    data = text.encode()
    version = _fit(len(data))
    grid, fixed = _patterns(version)
    _place(grid, fixed, _codewords(data, version))
    if mask is None:
        mask = min(range(8), key=lambda number: _penalty(_masked(grid, fixed, number)))
    return _masked(grid, fixed, mask)


def qr_path(grid: Grid) -> str:
    """Return the dark modules as the path of an SVG whose unit is a module."""
    runs = []
    for y, row in enumerate(grid):
        x = 0
        while x < len(row):
            if not row[x]:
                x += 1
                continue
            end = x
            while end < len(row) and row[end]:
                end += 1
            runs.append(f"M{x} {y}h{end - x}v1H{x}z")
            x = end
    return "".join(runs)


# --- What is written --------------------------------------------------------------------------


def _fit(length: int) -> int:
    for version in range(1, len(_ECC) + 1):
        header = 4 + (8 if version < 10 else 16)
        if header + 8 * length <= 8 * _data_bytes(version):
            return version
    raise TooLong


def _modules(version: int) -> int:
    """How many modules are left for data and error correction."""
    count = (16 * version + 128) * version + 64
    if version >= 2:
        aligned = version // 7 + 2
        count -= (25 * aligned - 10) * aligned - 55
        if version >= 7:
            count -= 36
    return count


def _data_bytes(version: int) -> int:
    return _modules(version) // 8 - _ECC[version - 1] * _BLOCKS[version - 1]


def _codewords(data: bytes, version: int) -> bytes:
    size = 8 * _data_bytes(version)
    bits = f"0100{len(data):0{8 if version < 10 else 16}b}" + "".join(f"{b:08b}" for b in data)
    bits += "0" * min(4, size - len(bits))
    bits += "0" * (-len(bits) % 8)
    words = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))
    words += bytes((0xEC, 0x11)) * (size // 16)
    return _interleave(words[: size // 8], version)


def _interleave(words: bytes, version: int) -> bytes:
    """Cut the data into blocks, add the correction of each, and weave them together."""
    count, length = _BLOCKS[version - 1], _ECC[version - 1]
    short = len(words) // count
    long_from = count - len(words) % count
    blocks, at = [], 0
    for number in range(count):
        size = short + (number >= long_from)
        blocks.append(words[at : at + size])
        at += size
    divisor = _divisor(length)
    corrections = [_remainder(block, divisor) for block in blocks]
    data = bytes(b[i] for i in range(short + 1) for b in blocks if i < len(b))
    return data + bytes(c[i] for i in range(length) for c in corrections)


# --- Reed-Solomon over GF(256) by 0x11D ---------------------------------------------------------


def _times(x: int, y: int) -> int:
    product = 0
    for bit in range(7, -1, -1):
        product = (product << 1) ^ ((product >> 7) * 0x11D)
        product ^= ((y >> bit) & 1) * x
    return product


def _divisor(degree: int) -> list[int]:
    result = [0] * (degree - 1) + [1]
    root = 1
    for _step in range(degree):
        for place in range(degree):
            result[place] = _times(result[place], root)
            if place + 1 < degree:
                result[place] ^= result[place + 1]
        root = _times(root, 2)
    return result


def _remainder(data: bytes, divisor: list[int]) -> list[int]:
    result = [0] * len(divisor)
    for byte in data:
        factor = byte ^ result.pop(0)
        result.append(0)
        result = [r ^ _times(d, factor) for r, d in zip(result, divisor, strict=True)]
    return result


# --- Where it is drawn ----------------------------------------------------------------------------


def _patterns(version: int) -> tuple[Grid, Grid]:
    """Return a grid with the patterns of its version, and which modules these are."""
    size = 17 + 4 * version
    grid = [[False] * size for _row in range(size)]
    fixed = [[False] * size for _row in range(size)]

    def put(x: int, y: int, dark: bool) -> None:
        if 0 <= x < size and 0 <= y < size:
            grid[y][x], fixed[y][x] = dark, True

    for place in range(size):
        put(6, place, place % 2 == 0)
        put(place, 6, place % 2 == 0)
    for cx, cy in ((3, 3), (size - 4, 3), (3, size - 4)):
        for dx in range(-4, 5):
            for dy in range(-4, 5):
                put(cx + dx, cy + dy, max(abs(dx), abs(dy)) not in (2, 4))
    centres = _centres(version)
    corners = {(6, 6), (6, size - 7), (size - 7, 6)}
    for cx in centres:
        for cy in centres:
            if (cx, cy) in corners:
                continue
            for dx in range(-2, 3):
                for dy in range(-2, 3):
                    put(cx + dx, cy + dy, max(abs(dx), abs(dy)) != 1)
    for x, y, _bit in _format_places(size):
        put(x, y, False)
    put(8, size - 8, True)
    if version >= 7:
        rest = version
        for _step in range(12):
            rest = (rest << 1) ^ ((rest >> 11) * 0x1F25)
        bits = version << 12 | rest
        for place in range(18):
            dark = bool(bits >> place & 1)
            a, b = size - 11 + place % 3, place // 3
            put(a, b, dark)
            put(b, a, dark)
    return grid, fixed


def _centres(version: int) -> list[int]:
    if version == 1:
        return []
    count = version // 7 + 2
    step = (version * 8 + count * 3 + 5) // (count * 4 - 4) * 2
    last = 4 * version + 10
    return [6, *sorted(last - step * number for number in range(count - 1))]


def _format_places(size: int) -> Iterator[tuple[int, int, int]]:
    """Where each bit of the format stands, twice."""
    for bit in range(6):
        yield 8, bit, bit
    yield 8, 7, 6
    yield 8, 8, 7
    yield 7, 8, 8
    for bit in range(9, 15):
        yield 14 - bit, 8, bit
    for bit in range(8):
        yield size - 1 - bit, 8, bit
    for bit in range(8, 15):
        yield 8, size - 15 + bit, bit


def _place(grid: Grid, fixed: Grid, words: bytes) -> None:
    """Write the bits in the zigzag from the lower right corner."""
    size = len(grid)
    bit = 0
    for right in (x if x > 6 else x - 1 for x in range(size - 1, 0, -2)):
        upward = (right + 1) & 2 == 0
        for step in range(size):
            y = size - 1 - step if upward else step
            for x in (right, right - 1):
                if not fixed[y][x] and bit < 8 * len(words):
                    grid[y][x] = bool(words[bit >> 3] >> (7 - (bit & 7)) & 1)
                    bit += 1


_MASKS = (
    lambda x, y: (x + y) % 2,
    lambda _x, y: y % 2,
    lambda x, _y: x % 3,
    lambda x, y: (x + y) % 3,
    lambda x, y: (x // 3 + y // 2) % 2,
    lambda x, y: x * y % 2 + x * y % 3,
    lambda x, y: (x * y % 2 + x * y % 3) % 2,
    lambda x, y: ((x + y) % 2 + x * y % 3) % 2,
)


def _masked(grid: Grid, fixed: Grid, number: int) -> Grid:
    """Return the grid under a mask, with the format that says which."""
    mask = _MASKS[number]
    made = [
        [dark != (not fixed[y][x] and mask(x, y) == 0) for x, dark in enumerate(row)]
        for y, row in enumerate(grid)
    ]
    data = _LEVEL_M << 3 | number
    rest = data
    for _step in range(10):
        rest = (rest << 1) ^ ((rest >> 9) * 0x537)
    bits = (data << 10 | rest) ^ 0x5412
    for x, y, bit in _format_places(len(grid)):
        made[y][x] = bool(bits >> bit & 1)
    made[len(grid) - 8][8] = True
    return made


def _penalty(grid: Grid) -> int:
    """How badly a code would be read: long runs, squares, false finders, too dark or light."""
    size = len(grid)
    lines = ["".join("#" if dark else "." for dark in row) for row in grid]
    lines += ["".join(column) for column in zip(*lines, strict=True)]
    points = 0
    for line in lines:
        length = 1
        for before, here in zip(line, line[1:] + " ", strict=True):
            if before == here:
                length += 1
                continue
            if length >= 5:
                points += length - 2
            length = 1
        for pattern in ("#.###.#....", "....#.###.#"):
            points += 40 * sum(line.startswith(pattern, at) for at in range(size - 10))
    for y in range(size - 1):
        for x in range(size - 1):
            square = grid[y][x], grid[y][x + 1], grid[y + 1][x], grid[y + 1][x + 1]
            points += 3 * (len(set(square)) == 1)
    dark = sum(map(sum, grid))
    return points + 10 * (abs(20 * dark - 10 * size * size) // (size * size))
