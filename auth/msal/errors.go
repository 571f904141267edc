package msal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	msalerrors "github.com/AzureAD/microsoft-authentication-library-for-go/apps/errors"

	"beside/auth"
)

// codes are the OAuth errors that mean something to a person.
var codes = map[string]error{
	"access_denied":          auth.ErrCancelled,
	"authorization_declined": auth.ErrCancelled,
	"invalid_grant":          auth.ErrSignInNeeded,
	"interaction_required":   auth.ErrSignInNeeded,
	"login_required":         auth.ErrSignInNeeded,
	"consent_required":       auth.ErrSignInNeeded,
	"expired_token":          auth.ErrSignInNeeded,
	"code_expired":           auth.ErrSignInNeeded,
}

// translate maps an error of MSAL to one of auth. MSAL's own text may quote what the
// provider answered, so it is dropped; the OAuth error code is kept.
func translate(err error) error {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("msal: %w: %w", auth.ErrCancelled, ctxError(err))
	}
	code := oauthCode(err)
	if code == "" && strings.Contains(err.Error(), "no token found") { // silent, and no refresh token
		return auth.ErrSignInNeeded
	}
	if is, ok := codes[code]; ok {
		return fmt.Errorf("msal: %w (%s)", is, code)
	}
	if code == "" {
		code = "no answer"
	}
	return fmt.Errorf("msal: %w (%s)", auth.ErrProvider, code)
}

func ctxError(err error) error {
	if errors.Is(err, context.Canceled) {
		return context.Canceled
	}
	return context.DeadlineExceeded
}

// oauthCode is the "error" member of the provider's answer, "" if there is none.
func oauthCode(err error) string {
	var call msalerrors.CallErr
	if !errors.As(err, &call) || call.Resp == nil || call.Resp.Body == nil {
		return ""
	}
	b, rerr := io.ReadAll(io.LimitReader(call.Resp.Body, 64<<10))
	if rerr != nil {
		return ""
	}
	call.Resp.Body = io.NopCloser(bytes.NewReader(b))
	if len(b) == 0 { // the device code flow has read it already; MSAL's text ends with it
		_, tail, _ := strings.Cut(call.Error(), "\n")
		b = []byte(tail)
	}
	var body struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(b, &body) != nil || len(body.Error) > 64 || strings.Trim(body.Error, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return ""
	}
	return body.Error
}
