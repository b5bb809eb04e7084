package sim

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// KinematicsSettings are the settings of the arm; nil means the defaults.
type KinematicsSettings struct {
	// Cumulative chooses between the two published forms of the arm, see
	// Kinematics; false: that of the paper's equations.
	Cumulative bool
}

// Kinematics is the inverse kinematics problem of section 4.1 of the paper
// (Figures 3 and 9, appendix 3): an arm of three segments, 0.5, 0.5 and 1 long,
// slides along a rail and turns at three joints; from where its end is, infer
// its pose. x1 ~ N(0, 0.25²) is the place on the rail, x2, x3 and x4
// ~ N(0, 0.5²) are the turns [rad] at the joints. With a1, a2, a3 the
// directions of the segments, 0 pointing straight away from the rail,
//
//	along the rail    x1 + 0.5 sin a1 + 0.5 sin a2 + sin a3
//	away from it           0.5 cos a1 + 0.5 cos a2 + cos a3
//
// There is no noise. The form of equations 13 and 14, called "kinematics", has
//
//	a1 = x2,  a2 = x3 - x2,  a3 = x4 - x2 - x3,  y = (along, away)
//
// and that of the authors' published code, called "kinematics-cumulative",
// where each joint turns against the segment before it, has
//
//	a1 = x2,  a2 = x2 + x3,  a3 = x2 + x3 + x4,  y = (away, along)
//
// They are different problems: errors on one do not compare with the other.
func Kinematics(s *KinematicsSettings) inn.Problem {
	a := armOf(s)
	return inn.Problem{
		Name:       a.name,
		X:          armX(),
		Y:          armY(),
		Prior:      inn.Normal(make([]float64, 4), []float64{railSD, turnSD, turnSD, turnSD}),
		Concurrent: true,
		Simulate: func(_ *rand.Rand, x []float64) []float64 {
			joints := a.joints(x)
			return joints[len(joints)-1][:]
		},
	}
}

// KinematicsJoints are the four points of the arm in pose x: where it sits on
// the rail, its two inner joints, and its end, which is y. Points have the
// axes of y: the rail is the first axis, or the second when Cumulative.
func KinematicsJoints(x []float64, s *KinematicsSettings) ([][2]float64, error) {
	if len(x) != 4 {
		return nil, fmt.Errorf("sim: the arm has 4 parameters, but x has %d values", len(x))
	}
	return armOf(s).joints(x), nil
}

const (
	railSD = 0.25
	turnSD = 0.5
)

var segments = [3]float64{0.5, 0.5, 1}

func armY() []inn.Var { return inn.Vars("y1", "y2") }

func armX() []inn.Var { return inn.Vars("x1", "x2 [rad]", "x3 [rad]", "x4 [rad]") }

// An arm is one form of the problem: a = turn (x2, x3, x4).
type arm struct {
	name  string
	turn  [3][3]float64
	back  [3][3]float64 // its inverse
	along int           // the component of y along the rail
}

var paperArm = arm{
	name: "kinematics",
	turn: [3][3]float64{{1, 0, 0}, {-1, 1, 0}, {-1, -1, 1}},
	back: [3][3]float64{{1, 0, 0}, {1, 1, 0}, {2, 1, 1}},
}

var cumulativeArm = arm{
	name:  "kinematics-cumulative",
	turn:  [3][3]float64{{1, 0, 0}, {1, 1, 0}, {1, 1, 1}},
	back:  [3][3]float64{{1, 0, 0}, {-1, 1, 0}, {0, -1, 1}},
	along: 1,
}

func armOf(s *KinematicsSettings) *arm {
	if s != nil && s.Cumulative {
		return &cumulativeArm
	}
	return &paperArm
}

func (a *arm) joints(x []float64) [][2]float64 {
	directions := times(&a.turn, [3]float64(x[1:]))
	points := make([][2]float64, 4)
	points[0][a.along] = x[0]
	for i, d := range directions {
		points[i+1][a.along] = points[i][a.along] + segments[i]*math.Sin(d)
		points[i+1][1-a.along] = points[i][1-a.along] + segments[i]*math.Cos(d)
	}
	return points
}

func times(m *[3][3]float64, v [3]float64) (r [3]float64) {
	for i := range r {
		for j := range v {
			r[i] += m[i][j] * v[j]
		}
	}
	return r
}
