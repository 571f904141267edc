package problem

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"beside/policy"
	"beside/policy/api"
)

// Codes of the administration API, besides those in policy/api.
const (
	Stale         = "stale"
	Unconditional = "precondition.required"
	Taken         = "conflict"
	Reused        = "idempotency.reused"
	Malformed     = "request.malformed"
	Invalid       = "request.invalid"
	TooLarge      = "request.large"
	MediaType     = "request.type"
	Method        = "method"
	RoleMissing   = "admin.role"
	Unknown       = "unknown"
	Unavailable   = "unavailable"
)

type text struct {
	status int
	title  string
}

// texts are for people who read logs; the apps have their own words for each code.
var texts = map[string]text{
	api.CodeInvalid:     {http.StatusNotFound, "This code is not accepted."},
	api.CodeUsed:        {http.StatusConflict, "You have used this code already."},
	api.CodeTooMany:     {http.StatusTooManyRequests, "Too many codes were tried."},
	api.CodeMismatch:    {http.StatusForbidden, "The code does not match."},
	api.PairTimeout:     {http.StatusRequestTimeout, "Pairing took too long."},
	api.CardsMismatch:   {http.StatusConflict, "The two sides were shown different people."},
	api.ProtocolBroken:  {http.StatusBadRequest, "The request does not follow the protocol."},
	api.GrantInvalid:    {http.StatusConflict, "The request does not belong to this session."},
	api.TokenRefused:    {http.StatusUnauthorized, "Sign in again."},
	api.AccountRefused:  {http.StatusForbidden, "This account is not a member of the organisation."},
	api.TenantOff:       {http.StatusForbidden, "Remote help is not enabled for this organisation."},
	api.LicenceMissing:  {http.StatusForbidden, "Remote help is not enabled for this organisation yet."},
	api.OfferMissing:    {http.StatusForbidden, "No role lets you help."},
	api.ScopeOutside:    {http.StatusForbidden, "This person or device is outside the helper's scope."},
	api.DeviceUnenroled: {http.StatusForbidden, "The device is not enrolled."},
	api.DeviceUnproven:  {http.StatusForbidden, "It is not known well enough which device this is."},
	api.DeviceKey:       {http.StatusForbidden, "This device's key does not count."},
	api.EnrolInvalid:    {http.StatusForbidden, "This enrolment token is not accepted."},
	api.DeviceOffline:   {http.StatusConflict, "This device is offline. Nothing was sent."},
	api.DeviceBlocked:   {http.StatusTooManyRequests, "The numbers did not match too often on this device."},
	api.LaunchNotFound:  {http.StatusNotFound, "This link is not accepted."},
	api.SASMismatch:     {http.StatusForbidden, "The numbers did not match."},
	api.NotPermitted:    {http.StatusForbidden, "The helper's role does not allow this."},
	api.SelfHelp:        {http.StatusForbidden, "Nobody can help themselves."},
	api.DirectoryDown:   {http.StatusServiceUnavailable, "The directory cannot be reached."},
	api.RateLimited:     {http.StatusTooManyRequests, "Too many requests."},
	api.NotFound:        {http.StatusNotFound, "There is no such session."},
	Stale:               {http.StatusPreconditionFailed, "Somebody else changed this first."},
	Unconditional:       {http.StatusPreconditionRequired, "Say in If-Match which version is to be replaced."},
	Taken:               {http.StatusConflict, "This breaks a rule: a name that is taken, or something that cannot be changed."},
	Reused:              {http.StatusConflict, "This Idempotency-Key was used for something else."},
	Malformed:           {http.StatusBadRequest, "The request cannot be read."},
	Invalid:             {http.StatusUnprocessableEntity, "Something in the request is wrong."},
	TooLarge:            {http.StatusRequestEntityTooLarge, "The request is too large."},
	MediaType:           {http.StatusUnsupportedMediaType, "The body must be application/json."},
	Method:              {http.StatusMethodNotAllowed, "This cannot be done here."},
	RoleMissing:         {http.StatusForbidden, "Your role does not allow this."},
	Unknown:             {http.StatusNotFound, "There is no such thing here."},
	Unavailable:         {http.StatusServiceUnavailable, "The endpoint cannot answer now."},
	api.Internal:        {http.StatusInternalServerError, "Something went wrong at the endpoint."},
}

// New is the problem with that code.
func New(code string) *api.Problem {
	t, ok := texts[code]
	if !ok {
		t = texts[api.Internal]
	}
	return &api.Problem{Title: t.title, Status: t.status, Code: code}
}

// Later is New with the time after which trying again makes sense, rounded up to seconds.
func Later(code string, after time.Duration) *api.Problem {
	p := New(code)
	p.Retry = int((after + time.Second - 1) / time.Second)
	return p
}

// Of is the problem of a decision that denies.
func Of(c policy.Code) *api.Problem { return New(string(c)) }

// Fault is one thing that is wrong with a body.
type Fault struct {
	Pointer string `json:"pointer"` // JSON pointer to the member
	Detail  string `json:"detail"`
}

// Details is a problem with more to say (RFC 9457, 3.2).
type Details struct {
	*api.Problem
	Detail  string  `json:"detail,omitempty"`
	Errors  []Fault `json:"errors,omitempty"`
	Current any     `json:"current,omitempty"` // what is there instead
}

// Unwrap is the problem.
func (d *Details) Unwrap() error { return d.Problem }

// Write answers with err if it is a *Details or wraps an *api.Problem, and says whether it was.
func Write(w http.ResponseWriter, err error) bool {
	var p *api.Problem
	if !errors.As(err, &p) {
		return false
	}
	var body any = p
	if d := (*Details)(nil); errors.As(err, &d) {
		body = d
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	if p.Retry > 0 {
		h.Set("Retry-After", strconv.Itoa(p.Retry))
	}
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(body)
	return true
}
