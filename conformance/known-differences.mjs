// Differences from better-auth that are meant. Each needs its reason here and in docs/compatibility.md.
//
// `at` names them as the test prints them: `configuration › scenario › step › path`, `*` for any text.
// An entry that explains no difference any more fails the test.

export default [];
