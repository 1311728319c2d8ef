package web

import "github.com/labstack/echo/v4"

// Each noun's file defines its own routes method; delete the line here when you add yours.

func (s *Server) auditRoutes(staff *echo.Group) {}
func (s *Server) recoverRoutes(e *echo.Echo)    {}
func (s *Server) stopRoutes(e *echo.Echo)       {}
