"""Quasi-affine functions of an integer: affine functions with floors.

    f(n + period) = f(n) + step

An example is ⌊(a·n + b)/c⌋ with period c/gcd(a, c). Compositions, sums, minima and maxima of such functions are again
such functions, so that results hold exactly for every n. Output sizes are quasi-affine functions of input sizes,
⌊(n + 2p − k)/s⌋ + 1; so are the first and the last input position in a receptive field. Integers are unbounded.
"""

from collections.abc import Callable
from math import gcd, lcm

from archc.records import dataclass


class DifferentRates(ValueError):
    """The functions grow at different rates: their minimum has no period."""


@dataclass(frozen=True, slots=True)
class QuasiAffine:
    """f(n) = values[n mod period] + step·⌊n/period⌋"""

    period: int
    step: int
    values: tuple[int, ...]

    def __call__(self, n: int) -> int:
        turns, phase = divmod(n, self.period)
        return self.values[phase] + self.step * turns

    def after(self, inner: "QuasiAffine") -> "QuasiAffine":
        """n → self(inner(n))"""
        if self.period == 1:
            offset = self.values[0]
            if inner.period == 1:
                return QuasiAffine(1, self.step * inner.step, (offset + self.step * inner.values[0],))
            return QuasiAffine(
                inner.period, self.step * inner.step, tuple([offset + self.step * v for v in inner.values])
            )
        turns = self.period // gcd(inner.step, self.period)
        period = inner.period * turns
        step = self.step * (inner.step * turns // self.period)
        return QuasiAffine(period, step, tuple([self(inner(n)) for n in range(period)]))

    def __add__(self, other: "QuasiAffine | int") -> "QuasiAffine":
        if isinstance(other, int):
            return QuasiAffine(self.period, self.step, tuple([value + other for value in self.values]))
        period = lcm(self.period, other.period)
        step = self.step * (period // self.period) + other.step * (period // other.period)
        return QuasiAffine(period, step, tuple([self(n) + other(n) for n in range(period)]))

    def __neg__(self) -> "QuasiAffine":
        return QuasiAffine(self.period, -self.step, tuple([-value for value in self.values]))

    def same_rate(self, other: "QuasiAffine") -> bool:
        """Whether both grow at the same rate, step/period."""
        return self.step * other.period == other.step * self.period

    @property
    def rising(self) -> bool:
        """Whether f(n + 1) ≥ f(n) for every n."""
        following = (*self.values[1:], self.values[0] + self.step)
        return all(after >= before for before, after in zip(self.values, following, strict=True))

    def with_period(self, period: int) -> "QuasiAffine":
        """The same function, written with a multiple of its period."""
        if period == self.period:
            return self
        return QuasiAffine(period, self.step * (period // self.period), tuple([self(n) for n in range(period)]))

    def reduced(self) -> "QuasiAffine":
        """The same function, written with its least period."""
        best = self
        for prime in _primes(self.period):
            while best.period % prime == 0 and best.step % prime == 0 and best._repeats(best.period // prime):
                period = best.period // prime
                best = QuasiAffine(period, best.step // prime, best.values[:period])
        return best

    def _repeats(self, period: int) -> bool:
        step = self.step * period // self.period
        return all(self.values[n] == self.values[n - period] + step for n in range(period, self.period))


def floor(a: int, b: int, c: int = 1) -> QuasiAffine:
    """n → ⌊(a·n + b)/c⌋"""
    period = c // gcd(a, c)
    return QuasiAffine(period, a * period // c, tuple([(a * n + b) // c for n in range(period)]))


def ceil(a: int, b: int, c: int = 1) -> QuasiAffine:
    """n → ⌈(a·n + b)/c⌉"""
    return floor(a, b + c - 1, c)


def minimum(one: QuasiAffine, other: QuasiAffine) -> QuasiAffine:
    """n → min(one(n), other(n)). Raises DifferentRates."""
    return _pointwise(one, other, min)


def maximum(one: QuasiAffine, other: QuasiAffine) -> QuasiAffine:
    """n → max(one(n), other(n)). Raises DifferentRates."""
    return _pointwise(one, other, max)


def _pointwise(one: QuasiAffine, other: QuasiAffine, choose: Callable[[int, int], int]) -> QuasiAffine:
    if not one.same_rate(other):
        raise DifferentRates
    period = lcm(one.period, other.period)
    pairs = zip(one.with_period(period).values, other.with_period(period).values, strict=True)
    return QuasiAffine(period, one.step * (period // one.period), tuple([choose(a, b) for a, b in pairs]))


def _primes(number: int) -> list[int]:
    """The prime factors."""
    primes = []
    factor = 2
    while factor * factor <= number:
        if number % factor == 0:
            primes.append(factor)
            while number % factor == 0:
                number //= factor
        factor += 1
    return [*primes, number] if number > 1 else primes
