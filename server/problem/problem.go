package problem

import (
	"net/http"
	"time"

	"beside/policy"
	"beside/policy/api"
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
