package main

import (
	"math"
	"math/rand/v2"
)

// signal is one simulated quantity of a hydroelectric unit.
type signal struct {
	Name string `json:"name"`
	Unit string `json:"unit"`
	// Min and Max are the range of its plot; values are clamped to it.
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
	Digits int     `json:"digits"` // after the point
	// value gives it at t seconds; n is noise of variance 1.
	value func(t, n float64) float64
}

var signals = []signal{
	{Name: "Headwater level", Unit: "m", Min: 42, Max: 44, Digits: 2,
		value: func(t, n float64) float64 {
			return 43 + 0.42*wave(t, 0.31) + 0.18*wave(t, 1.7) + 0.05*n
		}},
	{Name: "Tailwater level", Unit: "m", Min: 8, Max: 10, Digits: 2,
		value: func(t, n float64) float64 {
			return 9 - 0.36*wave(t, 0.43) + 0.22*wave(t, 0.9)*wave(t, 0.11) + 0.06*n
		}},
	{Name: "Flow", Unit: "m³/s", Min: 160, Max: 240, Digits: 1, value: func(t, n float64) float64 {
		return 200 + 18*wave(t, 0.37) + 7*wave(t, 2.3) + 2.4*n
	}},
	{Name: "Guide vanes", Unit: "%", Min: 40, Max: 100, Digits: 1,
		value: func(t, n float64) float64 {
			return 70 + 16*math.Tanh(6*wave(t, 0.5)) + 0.5*n // moves between two set points
		}},
	{Name: "Turbine speed", Unit: "rpm", Min: 140, Max: 160, Digits: 1,
		value: func(t, n float64) float64 {
			return 150 + 5*wave(t, 1)*(0.55+0.45*wave(t, 0.13)) + 0.35*n
		}},
	{Name: "Active power", Unit: "MW", Min: 50, Max: 70, Digits: 2,
		value: func(t, n float64) float64 {
			// swings after load steps
			return 60 + 6*math.Exp(-2.2*math.Mod(t, 2))*wave(math.Mod(t, 2), 3) + 0.6*wave(t, 0.7) +
				0.3*n
		}},
	{Name: "Grid frequency", Unit: "Hz", Min: 49.9, Max: 50.1, Digits: 3,
		value: func(t, n float64) float64 {
			return 50 + 0.045*wave(t, 0.29) + 0.02*wave(t, 1.3) + 0.004*n
		}},
	{Name: "Shaft vibration", Unit: "mm/s", Min: -4, Max: 4, Digits: 2,
		value: func(t, n float64) float64 {
			return wave(t, 33)*(1.5+1.3*wave(t, 0.6)) + 0.2*n
		}},
}

// at gives the signal at t seconds, rounded to its digits and one more.
func (s *signal) at(t float64, noise *rand.Rand) float64 {
	unit := math.Pow10(s.Digits + 1)
	v := math.Round(s.value(t, noise.NormFloat64())*unit) / unit
	return min(max(v, s.Min), s.Max)
}

// wave is a sine of f hertz.
func wave(t, f float64) float64 { return math.Sin(2 * math.Pi * f * t) }
